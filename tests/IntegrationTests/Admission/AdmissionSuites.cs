using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Admission;

public sealed class SqliteKeys(SqliteLedgerFixture fixture) : KeysContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresKeys(PostgresLedgerFixture fixture) : KeysContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteUnique(SqliteLedgerFixture fixture) : UniqueContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresUnique(PostgresLedgerFixture fixture) : UniqueContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteWhenRunning(SqliteLedgerFixture fixture) : WhenRunningContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresWhenRunning(PostgresLedgerFixture fixture) : WhenRunningContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteHeldKeys(SqliteLedgerFixture fixture) : HeldKeysContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresHeldKeys(PostgresLedgerFixture fixture) : HeldKeysContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteRace(SqliteLedgerFixture fixture) : RaceContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresRace(PostgresLedgerFixture fixture) : RaceContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteAge(SqliteLedgerFixture fixture) : AgeContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresAge(PostgresLedgerFixture fixture) : AgeContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteLimit(SqliteLedgerFixture fixture) : LimitContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresLimit(PostgresLedgerFixture fixture) : LimitContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteClientAdmission(SqliteLedgerFixture fixture) : ClientAdmissionContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresClientAdmission(PostgresLedgerFixture fixture) : ClientAdmissionContract(fixture), IClassFixture<PostgresLedgerFixture>;
