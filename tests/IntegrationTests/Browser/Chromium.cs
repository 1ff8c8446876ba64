using Microsoft.Playwright;

namespace BusJobs.IntegrationTests.Browser;

/// <summary>One browser for a test class: Debian's chromium, which tests/run.sh installs.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright playwright = null!;
    private IBrowser browser = null!;

    public async Task InitializeAsync()
    {
        var program = Environment.GetEnvironmentVariable("BUSJOBS_CHROMIUM") ?? Array.Find(Places, File.Exists)
            ?? throw new InvalidOperationException("There is no chromium: tests/browser.sh installs Debian's as root, and BUSJOBS_CHROMIUM names another.");
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    /// <summary>A window of its own, with cookies of its own.</summary>
    public Task<IBrowserContext> OpenAsync(Uri address, bool scripts = true, int width = 1280, ColorScheme colors = ColorScheme.Light) => browser.NewContextAsync(new()
    {
        BaseURL = address.ToString(), JavaScriptEnabled = scripts, ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = colors,
    });

    public async Task DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
