using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Admission;

public sealed class SqliteKeys(SqliteLedgerFixture fixture) : KeysContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresKeys(PostgresLedgerFixture fixture) : KeysContract(fixture), IClassFixture<PostgresLedgerFixture>;
