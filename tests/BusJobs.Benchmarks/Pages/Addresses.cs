using System.Text.Json;
using System.Text.RegularExpressions;
using BusJobs.Benchmarks.Servers;

namespace BusJobs.Benchmarks.Pages;

/// <summary>What an operator may look at, with the ids that this ledger has.</summary>
internal static partial class Addresses
{
    /// <summary>Filters that an index serves, and such that match nothing, or little, or only what lies long ago.</summary>
    private static readonly string[] Filters =
    [
        "", "?state=ready", "?state=ready&queue=mail", "?state=ready&tenant=tenant-07", "?state=scheduled", "?state=dispatched", "?state=succeeded", "?state=dead", "?state=dead&tenant=tenant-07",
        "?state=cancelled", "?state=expired", "?kind=shop.kind-01", $"?kind={LivedLedger.RareKind}", "?kind=shop.none", "?queue=reports", "?tenant=tenant-07", "?tag=import", "?tag=none",
        $"?state=dead&kind={LivedLedger.RareKind}&tag=none",
    ];

    [GeneratedRegex("/dead/[0-9a-f]{16}", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Group { get; }

    public static async Task<IReadOnlyList<string>> FindAsync(OwnDatabase database, HttpClient http, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System.GetUtcNow();
        string[] times = [$"?from={clock.AddDays(-1):yyyy-MM-dd}", $"?from={clock.AddDays(-21):yyyy-MM-dd}&to={clock.AddDays(-20):yyyy-MM-dd}"];
        var lists = Filters.Concat(times).ToList();
        var next = JsonElement.Parse(await http.GetStringAsync("/api/jobs?kind=shop.kind-01&limit=200", cancellationToken)).GetProperty("next").GetString();
        var jobs = await JobsAsync(database, cancellationToken);
        var group = Group.Match(await http.GetStringAsync("/dead", cancellationToken)).Value;
        return
        [
            "/", .. lists.Select(list => $"/jobs{list}"), $"/jobs?kind=shop.kind-01&cursor={next}", "/jobs/cancel?state=ready", "/jobs/redrive?state=dead", "/jobs/discard?state=dead", "/jobs?discarded=true", "/jobs/redrive?discarded=true",
            .. jobs.Select(job => $"/jobs/{job}"), "/dead", "/dead?kind=shop.kind-01", group, $"{group}/discard", "/queues", "/workers", "/schedules", "/schedules/report-0", "/audit", "/audit?before=100",
            .. lists.Select(list => $"/api/jobs{list}"), .. jobs.SelectMany(job => (string[])[$"/api/jobs/{job}", $"/api/jobs/{job}/why"]),
            "/api/queues", "/api/kinds", "/api/workers", "/api/limits", "/api/pauses", "/api/schedules", "/api/schedules/report-0", "/api/schedules/report-0/fires", "/api/schedules/preview", "/api/services", "/metrics",
        ];
    }

    /// <summary>One job in each state, and one that stands behind another of its key.</summary>
    private static async Task<IReadOnlyList<Guid>> JobsAsync(OwnDatabase database, CancellationToken cancellationToken)
    {
        string[] conditions = ["state = 0", "state = 1 and line = 1", "behind is not null", "state = 2", "state = 3 and fence = 2", "state = 4"];
        var jobs = new List<Guid>();
        foreach (var condition in conditions)
        {
            jobs.Add(await database.ReadAsync<Guid>($"select id from busjobs.job where {condition} limit 1", cancellationToken));
        }

        return jobs;
    }
}
