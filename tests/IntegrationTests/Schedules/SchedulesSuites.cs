using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Schedules;

public sealed class SqliteFiring(SqliteLedgerFixture fixture) : FiringContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresFiring(PostgresLedgerFixture fixture) : FiringContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteRuntime(SqliteLedgerFixture fixture) : RuntimeContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresRuntime(PostgresLedgerFixture fixture) : RuntimeContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteUpkeep(SqliteLedgerFixture fixture) : UpkeepContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresUpkeep(PostgresLedgerFixture fixture) : UpkeepContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class PostgresLead(PostgresLedgerFixture fixture) : LeadContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteLead(SqliteLedgerFixture fixture) : LeadContract(fixture), IClassFixture<SqliteLedgerFixture>;
