using BusJobs.Scheduling.Services;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace BusJobs.Api.Metrics;

/// <summary>Listens to every meter of BusJobs from the start of the process, and tells what they have counted when it is asked.</summary>
internal sealed class Scrape : IDisposable
{
    private const int CollectMs = 5_000;

    private readonly PrometheusExporter exporter = new();
    private readonly BaseExportingMetricReader reader;
    private readonly MeterProvider provider;
    private readonly LedgerGauges? ledger;
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <param name="ledger">Null in a process without a ledger.</param>
    public Scrape(LedgerGauges? ledger = null)
    {
        this.ledger = ledger;
        reader = new BaseExportingMetricReader(exporter);
        provider = Sdk.CreateMeterProviderBuilder().AddMeter("BusJobs.*", "System.Runtime").AddReader(reader).Build();
    }

    /// <summary>One collection at a time: two scrapers wait for each other.</summary>
    public async Task<string> TextAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (ledger is not null)
            {
                await ledger.RefreshAsync(cancellationToken);
            }

            // The reader has put this there; only by it may a pull be asked for.
            exporter.Collect!(CollectMs);
            return exporter.Text;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose()
    {
        provider.Dispose();
        reader.Dispose();
        exporter.Dispose();
        gate.Dispose();
    }
}
