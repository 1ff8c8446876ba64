using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using Microsoft.Playwright;

namespace BusJobs.IntegrationTests.Browser;

/// <summary>For those who read by ear, by keyboard, or in the dark.</summary>
public sealed class AccessTests(SqliteLedgerFixture fixture, Chromium chromium) : BrowserContract(fixture, chromium), IClassFixture<SqliteLedgerFixture>, IClassFixture<Chromium>
{
    private const string Somewhere = "a text as long as one often is, in /src/Shop/Mailer.cs";

    /// <summary>Whatever can be used or is a picture has a name; a page has one first heading, skips none, and says what its columns are.</summary>
    private const string Unnamed =
        """
        () => {
          const faults = [];
          const told = e => e && e.textContent.trim();
          const name = e => e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') || '').split(' ').map(id => told(document.getElementById(id))).join('')
            || [...(e.labels || [])].map(told).join('') || (e.matches('a, button, summary') ? told(e) : '');
          for (const e of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, progress, nav, section, svg[role=img], [tabindex="0"], form[role=search]')) {
            if (!name(e)) faults.push('no name: ' + e.outerHTML.slice(0, 160));
          }
          const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
          faults.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map(id => 'twice: #' + id));
          const heads = [...document.querySelectorAll('h1, h2, h3, h4')].map(e => +e.tagName[1]);
          if (heads[0] !== 1 || heads.filter(head => head === 1).length !== 1 || heads.some((head, at) => at > 0 && head > heads[at - 1] + 1)) faults.push('headings: ' + heads);
          faults.push(...[...document.querySelectorAll('thead th:not([scope=col]), tbody th:not([scope=row])')].map(e => 'no scope: ' + e.outerHTML));
          for (const row of document.querySelectorAll('tbody tr')) {
            if (row.children.length !== row.closest('table').querySelectorAll('thead th').length) faults.push('columns: ' + row.outerHTML.slice(0, 160));
          }
          if (!document.title || !document.documentElement.lang || !document.querySelector('main')) faults.push('no title, language or main');
          return faults;
        }
        """;

    /// <summary>Text against what is behind it: 4.5 to 1, and 3 to 1 for large text.</summary>
    private const string Faint =
        """
        () => {
          const part = c => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
          const numbers = text => text.match(/[0-9.]+/g).map(Number);
          const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
          const behind = e => { for (; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
          const faults = new Set();
          for (const e of document.querySelectorAll('body *')) {
            if (![...e.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || !e.checkVisibility() || e.closest('svg, .skip')) continue;
            const style = getComputedStyle(e), [a, b] = [light(numbers(style.color)), light(behind(e))].sort((x, y) => y - x);
            const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
            if (ratio < (size >= 24 || (size >= 18.66 && +style.fontWeight >= 700) ? 3 : 4.5)) faults.add(`${ratio.toFixed(2)}: ${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 40)}`);
          }
          return [...faults];
        }
        """;

    /// <summary>What can be used and has not had the focus since it was last asked.</summary>
    private const string Unreached =
        """
        () => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea')].filter(e => e.checkVisibility() && !e.hasAttribute('data-reached')).map(e => e.outerHTML.slice(0, 120))
        """;

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Everything_has_a_name_and_can_be_read_by_day_and_by_night(ColorScheme colors)
    {
        var paths = await FurnishAsync(Somewhere);
        await using var window = await Chromium.OpenAsync(Story.Address, colors: colors);
        var page = await SignedInAsync(window);
        foreach (var path in (string[])[.. paths, "/jobs/x", "/signin", "/jobs?kind=none.such"])
        {
            await page.GotoAsync(path);
            Assert.Equal((path, ""), (path, string.Join('\n', await page.EvaluateAsync<string[]>(Unnamed))));
            Assert.Equal((path, ""), (path, string.Join('\n', await page.EvaluateAsync<string[]>(Faint))));
        }
    }

    [Fact]
    public async Task The_keyboard_reaches_everything_and_shows_where_it_is()
    {
        var paths = await FurnishAsync(Somewhere);
        await using var window = await Chromium.OpenAsync(Story.Address);
        var page = await SignedInAsync(window);
        foreach (var path in paths)
        {
            await page.GotoAsync(path);
            var stops = (await page.EvaluateAsync<string[]>(Unreached)).Length;
            for (var i = 0; i < 2 * stops && (await page.EvaluateAsync<string[]>(Unreached)).Length > 0; i++)
            {
                await page.Keyboard.PressAsync("Tab");
                Assert.Equal((path, ""), (path, await page.EvaluateAsync<string>(
                    "() => { const e = document.activeElement; e.setAttribute('data-reached', ''); return e === document.body || getComputedStyle(e).outlineStyle !== 'none' ? '' : e.outerHTML; }")));
            }

            Assert.Equal((path, ""), (path, string.Join('\n', await page.EvaluateAsync<string[]>(Unreached))));
        }
    }

    [Fact]
    public async Task The_keyboard_alone_is_enough_to_find_a_queue_and_to_pause_it()
    {
        await Story.EnqueueAsync();
        await using var window = await Chromium.OpenAsync(Story.Address);
        var page = await SignedInAsync(window);
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("main")).ToBeFocusedAsync();
        await page.ReloadAsync();
        await TabToAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Queues", Exact = true }));
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Queues");
        await TabToAsync(page, page.GetByLabel("Why default is paused"));
        await page.Keyboard.TypeAsync("their disk is full");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("The queue default is paused");
        var pause = Assert.Single(await Ledger.PausesAsync(None));
        Assert.Equal((PauseScope.Queue, "default", "their disk is full"), (pause.Scope, pause.Name, pause.Reason));
    }

    private static async Task TabToAsync(IPage page, ILocator wanted)
    {
        for (var i = 0; i < 60 && !await wanted.EvaluateAsync<bool>("e => e === document.activeElement"); i++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await Assertions.Expect(wanted).ToBeFocusedAsync();
    }
}
