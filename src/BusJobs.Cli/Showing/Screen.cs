using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace BusJobs.Cli.Showing;

/// <summary>
/// Where a command writes. On a terminal: colours, and lines as long as it is wide. Elsewhere: plain text whose rows are never broken, so that
/// <c>grep</c> finds them. With <c>--json</c>: nothing but data.
/// </summary>
internal sealed class Screen
{
    private const int WideEnough = 1_000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly TextWriter error;

    public Screen(TextWriter output, TextWriter error, bool json)
    {
        IsJson = json;
        this.error = error;
        IsTerminal = ReferenceEquals(output, System.Console.Out) && !System.Console.IsOutputRedirected;
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = IsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!IsTerminal)
        {
            Console.Profile.Width = WideEnough;
        }
    }

    public IAnsiConsole Console { get; }
    public bool IsJson { get; }
    public bool IsTerminal { get; }
    public bool CanAsk => IsTerminal && !IsJson && !System.Console.IsInputRedirected;

    /// <summary>With every character beyond ASCII escaped, so that it is safe on a terminal too.</summary>
    public void Data(JsonElement data) =>
        Console.Profile.Out.Writer.WriteLine(data.ValueKind == JsonValueKind.Undefined ? "{}" : JsonSerializer.Serialize(data, Indented));

    /// <summary>A line as it is, made safe.</summary>
    public void Line(string text) => Console.Profile.Out.Writer.WriteLine(Plain.Block(text));

    /// <summary>For people who watch, beside the data.</summary>
    public void Note(string text) => error.WriteLine(Plain.Block(text));

    /// <summary>Rows under heads; the last column is the one that is broken into lines. Says so when there are none.</summary>
    public void Table(string[] heads, IEnumerable<string[]> rows, string none)
    {
        var lines = rows.ToList();
        if (lines.Count == 0)
        {
            Line(none);
            return;
        }

        Console.Write(Rows(heads, lines));
    }

    /// <summary>Rows under heads, with every cell made safe; numbers stand to the right.</summary>
    public static Table Rows(string[] heads, List<string[]> lines)
    {
        var table = new Table { Border = TableBorder.None, UseSafeBorder = false };
        foreach (var (index, head) in heads.Index())
        {
            var isNumber = lines.TrueForAll(row => row[index] is "-" || double.TryParse(row[index].TrimEnd('+'), NumberStyles.Number, CultureInfo.InvariantCulture, out _));
            table.AddColumn(new TableColumn(new Text(head, new Style(decoration: Decoration.Dim)))
            {
                Padding = new Padding(0, 0, index == heads.Length - 1 ? 0 : 2, 0), NoWrap = index < heads.Length - 1, Alignment = isNumber ? Justify.Right : Justify.Left,
            });
        }

        foreach (var row in lines)
        {
            table.AddRow(row.Select(cell => new Text(Plain.Line(cell), Colour(cell))));
        }

        return table;
    }

    /// <summary>Draws a frame again and again, until the token says that it is enough.</summary>
    public Task LiveAsync(TimeSpan interval, TimeProvider clock, Func<Task<Rows>> frame, CancellationToken cancellationToken) =>
        Console.Live(new Text("")).AutoClear(enabled: false).StartAsync(async live =>
        {
            using var timer = new PeriodicTimer(interval, clock);
            do
            {
                live.UpdateTarget(await frame());
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        });

    /// <summary>Names and values under each other.</summary>
    public void Facts(params (string Name, string? Value)[] facts)
    {
        var width = facts.Max(fact => fact.Name.Length) + 2;
        foreach (var (name, value) in facts.Where(fact => fact.Value is { Length: > 0 }))
        {
            Line($"{name.PadRight(width)}{value}");
        }
    }

    /// <summary>Shows how far long work is, on a terminal.</summary>
    /// <param name="work">Is given what to call after each part, with its size.</param>
    public async Task<T> WatchedAsync<T>(string what, int count, Func<Action<int>, Task<T>> work) => IsTerminal && !IsJson
        ? await Console.Progress().AutoClear(enabled: true).StartAsync(progress =>
        {
            var bar = progress.AddTask(Markup.Escape(what), maxValue: count);
            return work(done => bar.Increment(done));
        })
        : await work(_ => { });

    public Task<bool> AskAsync(string question, CancellationToken cancellationToken) =>
        new ConfirmationPrompt(Markup.Escape(question)) { DefaultValue = false }.ShowAsync(Console, cancellationToken);

    private static Style Colour(string cell) => cell switch
    {
        "dead" or "expired" or "deadLettered" => new Style(Color.Red),
        "paused" or "cancelled" or "draining" or "retryAt" => new Style(Color.Yellow),
        "succeeded" or "completed" => new Style(Color.Green),
        _ => Style.Plain,
    };
}
