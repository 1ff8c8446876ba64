using System.Data.Common;
using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Admission;

/// <summary>Words for tests of the door.</summary>
public abstract class AdmissionContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    protected static NewJob Keyed(string key) => Job() with { Unique = Unique.WhileActive(key) };

    protected static NewJob Replacing(string key, int number) =>
        Job() with { Unique = Unique.WhileActive(key) with { Replace = true }, Payload = $$"""{"n":{{number}}}""" };

    protected Task<EnqueueResult> EnqueueAsync(NewJob job, DbTransaction? transaction = null) =>
        Ledger.InsertAsync(job.Checked(), transaction, CancellationToken.None);

    protected async Task<Guid> EnqueuedAsync(NewJob job) => Assert.IsType<EnqueueResult.Enqueued>(await EnqueueAsync(job)).JobId;
}
