using System.Text.Json;

namespace BusJobs.IntegrationTests.Api;

/// <summary>Calls that several tests of schedules make.</summary>
internal static class ScheduleCalls
{
    public const string Nightly =
        """
        {"kind": "test.job", "rule": "30 2 * * *", "zone": "Europe/Berlin", "payload": {"a": [1.50, null]}, "priority": 7, "jitter": "90s",
         "misfire": "run-all", "misfireLimit": 5, "catchUp": "12h", "overlap": "cancel-running", "timeout": "1500ms", "startsAt": "2026-01-01T00:00:00+01:00"}
        """;

    extension(ApiStory story)
    {
        public async Task<(int Status, JsonElement Body)> SaveAsync(string path, string body, HttpClient? http = null)
        {
            using var response = await (http ?? story.Http).PutAsync(path, ApiStory.Json(body));
            return await ApiStory.ReadAsync(response);
        }

        /// <returns>The ETag of what is there now; empty when nothing was saved.</returns>
        public async Task<(int Status, string Tag)> SaveIfAsync(string path, string body, string? match)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = ApiStory.Json(body) };
            if (match is not null)
            {
                request.Headers.TryAddWithoutValidation("If-Match", match);
            }

            using var response = await story.Http.SendAsync(request);
            // That it is new is of no interest here.
            return (response.StatusCode == System.Net.HttpStatusCode.Created ? 200 : (int)response.StatusCode, response.Headers.ETag?.Tag ?? "");
        }

        public async Task<int> SendIfAsync(HttpMethod method, string path, string match)
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.TryAddWithoutValidation("If-Match", match);
            using var response = await story.Http.SendAsync(request);
            return (int)response.StatusCode;
        }

        public async Task<string> TagAsync(string path)
        {
            using var response = await story.Http.GetAsync(path);
            return response.Headers.ETag!.Tag;
        }

        public async Task<int> RemoveAsync(string path, HttpClient? http = null)
        {
            using var response = await (http ?? story.Http).DeleteAsync(path);
            return (await ApiStory.ReadAsync(response)).Status;
        }

        public async Task MakeScheduleAsync(string id, string rule = "every 1h", string more = "", HttpClient? http = null, int expected = 201) =>
            Assert.Equal(expected, (await story.SaveAsync($"/api/schedules/{id}", $$"""{"kind": "test.job", "rule": "{{rule}}" {{more}}}""", http)).Status);
    }

    public static IEnumerable<string> Ids(JsonElement list) => list.GetProperty("schedules").EnumerateArray().Select(schedule => schedule.GetProperty("id").GetString()!);
}
