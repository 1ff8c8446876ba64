using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

public sealed class SqliteApiEnqueue(SqliteLedgerFixture fixture) : EnqueueContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresApiEnqueue(PostgresLedgerFixture fixture) : EnqueueContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteApiAdmission(SqliteLedgerFixture fixture) : AdmissionContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresApiAdmission(PostgresLedgerFixture fixture) : AdmissionContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteApiLimits(SqliteLedgerFixture fixture) : ApiLimitContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresApiLimits(PostgresLedgerFixture fixture) : ApiLimitContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteApiOperate(SqliteLedgerFixture fixture) : ApiOperateContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresApiOperate(PostgresLedgerFixture fixture) : ApiOperateContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteApiWhy(SqliteLedgerFixture fixture) : WhyContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresApiWhy(PostgresLedgerFixture fixture) : WhyContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteApiList(SqliteLedgerFixture fixture) : ListContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresApiList(PostgresLedgerFixture fixture) : ListContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteApiKeys(SqliteLedgerFixture fixture) : ApiKeyContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresApiKeys(PostgresLedgerFixture fixture) : ApiKeyContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteApiSchedules(SqliteLedgerFixture fixture) : ApiScheduleContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresApiSchedules(PostgresLedgerFixture fixture) : ApiScheduleContract(fixture), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteApiScheduleRuns(SqliteLedgerFixture fixture) : ApiScheduleRunContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresApiScheduleRuns(PostgresLedgerFixture fixture) : ApiScheduleRunContract(fixture), IClassFixture<PostgresLedgerFixture>;
