namespace BusJobs.IntegrationTests.Ledger;

public sealed class SqliteInsert(SqliteLedgerFixture fixture) : InsertContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresInsert(PostgresLedgerFixture fixture) : InsertContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteClaim(SqliteLedgerFixture fixture) : ClaimContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresClaim(PostgresLedgerFixture fixture) : ClaimContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteDue(SqliteLedgerFixture fixture) : DueContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresDue(PostgresLedgerFixture fixture) : DueContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteSettle(SqliteLedgerFixture fixture) : SettleContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresSettle(PostgresLedgerFixture fixture) : SettleContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteReclaim(SqliteLedgerFixture fixture) : ReclaimContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresReclaim(PostgresLedgerFixture fixture) : ReclaimContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteOperate(SqliteLedgerFixture fixture) : OperateContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresOperate(PostgresLedgerFixture fixture) : OperateContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteSchema(SqliteLedgerFixture fixture) : SchemaContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresSchema(PostgresLedgerFixture fixture) : SchemaContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteHistory(SqliteLedgerFixture fixture) : HistoryContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresHistory(PostgresLedgerFixture fixture) : HistoryContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteClients(SqliteLedgerFixture fixture) : ClientContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresClients(PostgresLedgerFixture fixture) : ClientContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteLetters(SqliteLedgerFixture fixture) : LettersContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresLetters(PostgresLedgerFixture fixture) : LettersContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteAudit(SqliteLedgerFixture fixture) : AuditContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresAudit(PostgresLedgerFixture fixture) : AuditContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteDiscard(SqliteLedgerFixture fixture) : DiscardContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresDiscard(PostgresLedgerFixture fixture) : DiscardContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteCancelMany(SqliteLedgerFixture fixture) : CancelManyContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresCancelMany(PostgresLedgerFixture fixture) : CancelManyContract(fixture), IClassFixture<PostgresLedgerFixture>;
