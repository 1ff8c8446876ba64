using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>What only a terminal shows: questions, bars, and Ctrl-C.</summary>
public sealed class CliTerminalTests
{
    private const string CtrlC = "\u0003";
    private const string CursorIsBack = "\u001b[?25h";

    [Fact]
    public async Task What_acts_on_many_asks_first_and_no_is_taken_for_an_answer()
    {
        await using var server = await SlowServer.StartAsync();
        using var terminal = Terminal.Open(server.Environment, "dead", "redrive", "--all");
        await terminal.TypeAsync("Redrive 1,500 jobs?", "n\r");
        await terminal.EndsWithAsync(1);
        Assert.Contains("Nothing was done.", terminal.Shown, StringComparison.Ordinal);
        Assert.Equal(0, server.Batches);
    }

    [Fact]
    public async Task Ctrl_C_at_the_question_is_no_yes()
    {
        await using var server = await SlowServer.StartAsync();
        using var terminal = Terminal.Open(server.Environment, "dead", "redrive", "--all");
        await terminal.TypeAsync("Redrive 1,500 jobs?", CtrlC);
        await terminal.EndsWithAsync(130);
        Assert.Equal(0, server.Batches);
    }

    [Theory]
    [InlineData("dead redrive --all", "Redrive 1,500 jobs?", "redriving", "500 jobs of 1,500 redriven")]
    [InlineData("jobs cancel --kind test.storm", "Cancel 1,500 jobs, 100 of them running?", "cancelling", "500 jobs of 1,500 cancelled")]
    public async Task Ctrl_C_ends_long_work_and_says_how_much_of_it_is_done(string line, string question, string doing, string done)
    {
        await using var server = await SlowServer.StartAsync();
        using var terminal = Terminal.Open(server.Environment, line.Split(' '));
        await terminal.TypeAsync(question, "y\r");
        await Eventually.HoldsAsync(() => server.Batches == 2, TimeSpan.FromSeconds(60));
        await terminal.TypeAsync(doing, CtrlC);
        await terminal.EndsWithAsync(130);
        Assert.True(terminal.Shown.Contains($"Interrupted: {done}; what became of the 500 that were under way is not known.", StringComparison.Ordinal), terminal.Shown);
        Assert.Contains(CursorIsBack, terminal.Shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dead redrive --all --yes", "500 jobs of 1,500 redriven")]
    [InlineData("jobs cancel --kind test.storm --yes", "500 jobs of 1,500 cancelled")]
    public async Task Who_loses_the_server_in_the_middle_or_is_refused_more_is_told_how_much_is_done(string line, string done)
    {
        await using (var dying = await SlowServer.StartAsync(SecondBatch.FindsItDead))
        {
            var end = await CliProcess.RunAsync(dying.Environment, line.Split(' '));
            Assert.True(end.Code == 3 && end.Error.Contains("cannot be reached", StringComparison.Ordinal), end.ToString());
            Assert.Contains($"Until then: {done}; what became of the 500 that were under way is not known.", end.Error, StringComparison.Ordinal);
        }

        await using var refusing = await SlowServer.StartAsync(SecondBatch.IsRefused);
        var refused = await CliProcess.RunAsync(refusing.Environment, line.Split(' '));
        Assert.True(refused.Code == 1 && refused.Error.TrimEnd().EndsWith($"nothing was done. Until then: {done}.", StringComparison.Ordinal), refused.ToString());
    }

    [Fact]
    public async Task A_live_screen_shows_queues_and_kinds_until_Ctrl_C_and_that_is_no_failure()
    {
        await using var story = await ScreenServer.StartAsync();
        using var terminal = Terminal.Open(story.Environment, "top");
        await terminal.TypeAsync("shop.mail", "");
        Assert.Matches(@"mail +3 +5 s +2 +1 +8", terminal.Shown);
        await terminal.TypeAsync("Ctrl-C ends it", CtrlC);
        await terminal.EndsWithAsync(0);
        Assert.Contains(CursorIsBack, terminal.Shown, StringComparison.Ordinal);
    }
}
