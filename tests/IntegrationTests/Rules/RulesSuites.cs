using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Rules;

public sealed class SqlitePause(SqliteLedgerFixture fixture) : PauseContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresPause(PostgresLedgerFixture fixture) : PauseContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteLimit(SqliteLedgerFixture fixture) : LimitContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresLimit(PostgresLedgerFixture fixture) : LimitContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteSerial(SqliteLedgerFixture fixture) : SerialContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresSerial(PostgresLedgerFixture fixture) : SerialContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteFairness(SqliteLedgerFixture fixture) : FairnessContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresFairness(PostgresLedgerFixture fixture) : FairnessContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteRacing(SqliteLedgerFixture fixture) : RacingContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresRacing(PostgresLedgerFixture fixture) : RacingContract(fixture), IClassFixture<PostgresLedgerFixture>;
