using Microsoft.Playwright;

namespace BusJobs.IntegrationTests.Browser;

internal static class Faults
{
    /// <summary>How the browser tells that a page answered 400, which a query of nonsense is answered.</summary>
    private const string RefusedQuery = "the server responded with a status of 400";

    /// <summary>From now on: dialogs, errors of scripts, and whatever the policy of the page has refused.</summary>
    public static List<string> Of(IPage page)
    {
        var faults = new List<string>();
        page.Dialog += (_, dialog) =>
        {
            faults.Add($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.PageError += (_, error) => faults.Add($"error: {error}");
        page.Console += (_, line) => faults.AddRange(line.Type is "error" or "warning" && !line.Text.Contains(RefusedQuery, StringComparison.Ordinal) ? [$"console: {line.Text}"] : []);
        return faults;
    }
}
