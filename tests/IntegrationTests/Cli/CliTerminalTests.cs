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
        Assert.Equal(1, await terminal.EndAsync());
        Assert.Contains("Nothing was done.", terminal.Shown, StringComparison.Ordinal);
        Assert.Equal(0, server.Batches);
    }

    [Fact]
    public async Task Ctrl_C_at_the_question_is_no_yes()
    {
        await using var server = await SlowServer.StartAsync();
        using var terminal = Terminal.Open(server.Environment, "dead", "redrive", "--all");
        await terminal.TypeAsync("Redrive 1,500 jobs?", CtrlC);
        Assert.Equal(130, await terminal.EndAsync());
        Assert.Equal(0, server.Batches);
    }

    [Fact]
    public async Task Ctrl_C_ends_long_work_and_says_how_much_of_it_is_done()
    {
        await using var server = await SlowServer.StartAsync();
        using var terminal = Terminal.Open(server.Environment, "dead", "redrive", "--all");
        await terminal.TypeAsync("Redrive 1,500 jobs?", "y\r");
        await Eventually.HoldsAsync(() => server.Batches == 2, TimeSpan.FromSeconds(60));
        await terminal.TypeAsync("redriving", CtrlC);
        Assert.Equal(130, await terminal.EndAsync());
        Assert.True(terminal.Shown.Contains("Interrupted: 500 jobs of 1,500 redriven; of the 500 that were under way all may be, or none.", StringComparison.Ordinal), terminal.Shown);
        Assert.Contains(CursorIsBack, terminal.Shown, StringComparison.Ordinal);
    }
}
