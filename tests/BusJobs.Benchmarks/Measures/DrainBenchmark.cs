using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;

namespace BusJobs.Benchmarks.Measures;

/// <summary>How fast waiting jobs run and are settled, against plain MassTransit with one message per job and no ledger.</summary>
internal static class DrainBenchmark
{
    private const int WarmUp = 20_000;

    /// <summary>Comparisons with the baseline, and of each rule; the middle one counts.</summary>
    private const int Rounds = 3;

    public static async Task<Report> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var servers = ServerAddresses.Read();
        var jobs = arguments.Jobs;
        await WarmUpAsync(rule: null);
        var rounds = new List<(Drained Drained, Batches Batches, Plain Plain)>();
        while (rounds.Count < Rounds)
        {
            // One just after the other, because a shared machine is not as fast now as it was a minute ago.
            var (run, packs) = await DrainRun.RunAloneAsync(servers, jobs, cancellationToken);
            rounds.Add((run, packs, await PlainMassTransit.RunAsync(servers, jobs / 5, cancellationToken)));
        }

        rounds = [.. rounds.OrderBy(Ratio)];
        var (drained, batches, plain) = rounds[Rounds / 2];
        var report = new Report($"drain: {jobs:N0} no-op jobs, PostgreSQL + RabbitMQ quorum queues, everything durable; baseline: {jobs / 5:N0} messages");
        report.Add("jobs/s, first handled to last settled", "drain_jobs_per_s", drained.SettledRate, reach: "reach: 25,000");
        report.Add("jobs/s as the handlers saw it", "handled_jobs_per_s", drained.HandledRate);
        report.Add("baseline msgs/s, published while consumed", "baseline_msgs_per_s", plain.EndToEnd, reach: "expected: 4,000 to 6,000");
        report.Add($"ratio, the middle of {Rounds}, which all these figures are of", "ratio", Ratio(rounds[Rounds / 2]), digits: 2, reach: "reach: 5");
        report.Add("ratio, the lowest", "ratio_lowest", Ratio(rounds[0]), digits: 2);
        report.Add("ratio, the highest", "ratio_highest", Ratio(rounds[^1]), digits: 2);
        report.Add("baseline msgs/s, publishing alone", "baseline_publish_per_s", plain.PublishAlone);
        report.Add("baseline msgs/s, consuming alone", "baseline_consume_per_s", plain.ConsumeAlone);
        report.Add("enqueue jobs/s (COPY, one caller)", "enqueue_jobs_per_s", drained.EnqueueRate);
        report.Add("start of both hosts to first handler, ms", "start_to_first_ms", drained.StartToFirst.TotalMilliseconds);
        report.Add("CPU of this process per job, microseconds", "cpu_us_per_job", drained.Cost.Cpu.TotalMicroseconds / jobs, digits: 1);
        report.Add("CPU of PostgreSQL per job, microseconds", "postgres_us_per_job", drained.Cost.Database.TotalMicroseconds / jobs, digits: 1);
        report.Add("CPU of RabbitMQ per job, microseconds", "rabbitmq_us_per_job", drained.Cost.Broker.TotalMicroseconds / jobs, digits: 1);
        report.Add("the just-in-time compiler was at work, microseconds per job", "jit_us_per_job", drained.Cost.Compiling.TotalMicroseconds / jobs, digits: 1);
        report.Add("CPU of this process per baseline message, microseconds", "baseline_cpu_us_per_msg", plain.Cost.Cpu.TotalMicroseconds / plain.Messages, digits: 1);
        report.Add("bytes allocated per job", "allocated_bytes_per_job", (double)drained.Cost.AllocatedBytes / jobs);
        report.Add("jobs per bus message", "pack_average", batches.JobsPerPack, digits: 1);
        report.Add("jobs per settling transaction", "settle_batch_average", batches.JobsPerSettle, digits: 1);
        report.Add("collections of generation 2", "gen2_collections", drained.Cost.Collections[2]);
        report.Add("peak working set of this process, MiB", "working_set_mib", drained.PeakWorkingSet / 1_048_576.0);
        foreach (var rule in arguments.With)
        {
            await WarmUpAsync(rule);
            await AddRuleAsync(report, servers, rule, arguments, cancellationToken);
        }

        return report;

        static double Ratio((Drained Drained, Batches Batches, Plain Plain) round) => round.Drained.SettledRate / round.Plain.EndToEnd;

        Task WarmUpAsync(Rule? rule) =>
            DrainRun.WarmUpAsync(async () => (await DrainRun.RunAloneAsync(servers, Math.Min(WarmUp, jobs), cancellationToken, rule, Math.Min(WarmUp, arguments.History))).Drained);
    }

    /// <summary>One beside the other and more than once, because a shared machine is not as fast now as it was a minute ago; the middle ratio counts.</summary>
    private static async Task AddRuleAsync(Report report, ServerAddresses servers, Rule rule, Arguments arguments, CancellationToken cancellationToken)
    {
        var rounds = new List<(Drained Free, Drained Ruled)>();
        while (rounds.Count < Rounds)
        {
            var (free, _) = await DrainRun.RunAloneAsync(servers, arguments.Jobs, cancellationToken);
            var (ruled, _) = await DrainRun.RunAloneAsync(servers, arguments.Jobs, cancellationToken, rule, arguments.History);
            rounds.Add((free, ruled));
        }

        var name = rule.ToString().ToLowerInvariant();
        rounds.Sort((one, other) => RatioOf(one).CompareTo(RatioOf(other)));
        var middle = rounds[Rounds / 2];
        report.Add($"jobs/s just before {name}, with none of it", $"before_{name}_jobs_per_s", middle.Free.SettledRate);
        report.Add($"jobs/s with {name}", $"{name}_jobs_per_s", middle.Ruled.SettledRate);
        report.Add($"ratio of {name} to none of it, the middle of {Rounds}", $"{name}_ratio", RatioOf(middle), digits: 2, reach: rule == Rule.OneKey ? "" : "reach: 0.85");
        report.Add("ratio, the lowest", $"{name}_ratio_lowest", RatioOf(rounds[0]), digits: 2);
        report.Add("ratio, the highest", $"{name}_ratio_highest", RatioOf(rounds[^1]), digits: 2);
        report.Add($"CPU with {name}, to that with none of it", $"{name}_cpu_ratio", middle.Ruled.Cost.Everywhere / middle.Free.Cost.Everywhere, digits: 2);
        More("this process", "cpu", cost => cost.Cpu);
        More("PostgreSQL", "postgres", cost => cost.Database);
        More("RabbitMQ", "rabbitmq", cost => cost.Broker);
        if (rule == Rule.Cleanup)
        {
            report.Add("finished jobs that were removed meanwhile", "cleanup_removed", middle.Ruled.Removed);
        }

        static double RatioOf((Drained Free, Drained Ruled) round) => round.Ruled.SettledRate / round.Free.SettledRate;

        void More(string whose, string field, Func<Cost, TimeSpan> part) => report.Add(
            $"CPU of {whose} per job more with {name}, microseconds", $"{name}_more_{field}_us",
            (part(middle.Ruled.Cost) - part(middle.Free.Cost)).TotalMicroseconds / arguments.Jobs, digits: 1);
    }
}
