using System.Diagnostics.Metrics;
using BusJobs.Scheduling.Services;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace BusJobs.Api.Metrics;

/// <summary>
/// Listens from the start of the host to every meter of BusJobs that is the host's or the whole process's, and tells what they have counted
/// when it is asked. Another host of the process tells of its own.
/// </summary>
internal sealed class Scrape : IDisposable
{
    private const int CollectMs = 5_000;

    private readonly PrometheusExporter exporter = new();
    private readonly BaseExportingMetricReader reader;
    private readonly MeterProvider provider;
    private readonly LedgerGauges? ledger;
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <param name="meters">The host's.</param>
    /// <param name="ledger">Null in a process without a ledger.</param>
    public Scrape(IMeterFactory meters, LedgerGauges? ledger = null)
    {
        this.ledger = ledger;
        reader = new BaseExportingMetricReader(exporter);
        provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter("BusJobs.*", "System.Runtime")
            .AddView(instrument => instrument.Meter.Scope is { } scope && scope != meters ? MetricStreamConfiguration.Drop : null)
            .AddReader(reader)
            .Build();
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
