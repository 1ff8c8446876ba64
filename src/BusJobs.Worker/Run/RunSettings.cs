using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Worker;

/// <summary>What every job of a worker shares while it runs.</summary>
/// <param name="Grace">How long a handler may go on after its token fired before its slot goes on without it.</param>
/// <param name="Jitter">0 (inclusive) to 1 (exclusive).</param>
internal sealed record RunSettings(IServiceScopeFactory Scopes, TimeProvider Clock, TimeSpan Grace, Func<double> Jitter, WorkerMetrics Metrics);
