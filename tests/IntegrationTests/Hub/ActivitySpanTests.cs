using System.Net;

namespace BusJobs.IntegrationTests.Hub;

public sealed class ActivitySpanTests
{
    [Theory]
    [InlineData("from=yesterday&to=2026-01-01T00:00:00Z", "from 'yesterday' is refused: expected a time such as 2026-01-01T00:00:00Z.")]
    [InlineData("from=2026-01-01T00:00:00Z", "to '' is refused: expected a time such as 2026-02-01T00:00:00Z.")]
    [InlineData("from=2000-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "to '2026-01-01T00:00:00.0000000+00:00' is refused: expected at most ten years after the start.")]
    public async Task A_span_that_cannot_be_shown_is_refused_in_a_sentence(string query, string sentence)
    {
        await using var site = await ForgeSite.StartAsync(postgres: false);
        foreach (var path in (string[])["activity", "activity.svg"])
        {
            Assert.Equal(sentence, await site.RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Get, $"acme/repo/{path}?{query}"));
        }
    }
}
