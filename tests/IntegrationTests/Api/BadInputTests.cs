using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

/// <summary>Each is refused in one sentence, with its place, and leaves nothing in the ledger.</summary>
public sealed partial class BadInputTests(SqliteLedgerFixture fixture) : ApiContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private const string Good = "\"kind\": \"test.job\", \"payload\": {}";

    [Theory]
    [InlineData("", "")]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    [InlineData("42", "")]
    [InlineData("{", "")]
    [InlineData("{}x", "")]
    [InlineData("{} {}", "")]
    [InlineData("\uFEFF{}", "")]
    [InlineData("{'kind': 'x'}", "")]
    [InlineData("{" + Good + ",}", "/payload")]
    [InlineData("{" + Good + ", \"kind\": \"test.job\"}", "/kind")]
    [InlineData("{\"kind\": \"test.job\", \"payload\": {\"a\": [{\"b\": 1, \"b\": 2}]}}", "/payload/a/0/b")]
    [InlineData("{" + Good + ", \"bogus\": 1}", "/bogus")]
    [InlineData("{" + Good + ", \"Kind\": 1}", "/Kind")]
    [InlineData("{" + Good + ", \"type\": \"System.Diagnostics.Process, System\"}", "/type")]
    [InlineData("{\"payload\": {}}", "/kind")]
    [InlineData("{\"kind\": \"test.job\"}", "/payload")]
    [InlineData("{\"kind\": null, \"payload\": {}}", "/kind")]
    [InlineData("{\"kind\": 7, \"payload\": {}}", "/kind")]
    [InlineData("{\"kind\": \"\", \"payload\": {}}", "/kind")]
    [InlineData("{\"kind\": \"../x\", \"payload\": {}}", "/kind")]
    [InlineData("{\"kind\": \"System.Diagnostics.Process, System\", \"payload\": {}}", "/kind")]
    [InlineData("{\"kind\": \"a\\u0000b\", \"payload\": {}}", "/kind")]
    [InlineData("{\"kind\": \"test.job\", \"payload\": \"\\ud800\"}", "/payload")]
    [InlineData("{\"kind\": \"test.job\", \"payload\": {\"\\ud800\": 1}}", "/payload")]
    [InlineData("{\"kind\": \"test.job\", \"payload\": [\"\\u0000\"]}", "/payload/0")]
    [InlineData("{\"kind\": \"test.job\", \"payload\": NaN}", "/payload")]
    [InlineData("{" + Good + ", \"queue\": \"*\"}", "/queue")]
    [InlineData("{" + Good + ", \"queue\": \"#\"}", "/queue")]
    [InlineData("{" + Good + ", \"queue\": \".\"}", "/queue")]
    [InlineData("{" + Good + ", \"queue\": \" \"}", "/queue")]
    [InlineData("{" + Good + ", \"queue\": \"q.dead\"}", "/queue")]
    [InlineData("{" + Good + ", \"queue\": \"😀\"}", "/queue")]
    [InlineData("{" + Good + ", \"queue\": \"a\\u202eb\"}", "/queue")]
    [InlineData("{" + Good + ", \"queue\": [\"default\"]}", "/queue")]
    [InlineData("{" + Good + ", \"priority\": -1}", "/priority")]
    [InlineData("{" + Good + ", \"priority\": 256}", "/priority")]
    [InlineData("{" + Good + ", \"priority\": \"1\"}", "/priority")]
    [InlineData("{" + Good + ", \"priority\": 1.5}", "/priority")]
    [InlineData("{" + Good + ", \"priority\": 1e400}", "/priority")]
    [InlineData("{" + Good + ", \"priority\": 9223372036854775808}", "/priority")]
    [InlineData("{" + Good + ", \"priority\": true}", "/priority")]
    [InlineData("{" + Good + ", \"maxAttempts\": 0}", "/maxAttempts")]
    [InlineData("{" + Good + ", \"maxAttempts\": -1}", "/maxAttempts")]
    [InlineData("{" + Good + ", \"maxAttempts\": 2147483648}", "/maxAttempts")]
    [InlineData("{" + Good + ", \"runAt\": \"0001-01-01T00:00:00Z\"}", "/runAt")]
    [InlineData("{" + Good + ", \"runAt\": \"9999-12-31T23:59:59Z\"}", "/runAt")]
    [InlineData("{" + Good + ", \"runAt\": \"2026-01-01T00:00:00\"}", "/runAt")]
    [InlineData("{" + Good + ", \"runAt\": \"2026-02-30T00:00:00Z\"}", "/runAt")]
    [InlineData("{" + Good + ", \"runAt\": \"tomorrow\"}", "/runAt")]
    [InlineData("{" + Good + ", \"runAt\": 1767225600}", "/runAt")]
    [InlineData("{" + Good + ", \"delay\": \"-1s\"}", "/delay")]
    [InlineData("{" + Good + ", \"delay\": \"99999d\"}", "/delay")]
    [InlineData("{" + Good + ", \"delay\": \"1s\", \"runAt\": \"2026-01-01T00:00:00Z\"}", "/delay")]
    [InlineData("{" + Good + ", \"timeout\": \"0s\"}", "/timeout")]
    [InlineData("{" + Good + ", \"timeout\": \"8d\"}", "/timeout")]
    [InlineData("{" + Good + ", \"timeout\": 5}", "/timeout")]
    [InlineData("{" + Good + ", \"maxAge\": \"0s\"}", "/maxAge")]
    [InlineData("{" + Good + ", \"id\": \"x\"}", "/id")]
    [InlineData("{" + Good + ", \"id\": \"00000000-0000-0000-0000-000000000000\"}", "/id")]
    [InlineData("{" + Good + ", \"id\": 1}", "/id")]
    [InlineData("{" + Good + ", \"tenant\": \"A B\"}", "/tenant")]
    [InlineData("{" + Good + ", \"tags\": \"a\"}", "/tags")]
    [InlineData("{" + Good + ", \"tags\": [1]}", "/tags")]
    [InlineData("{" + Good + ", \"tags\": [\"=cmd|\"]}", "/tags")]
    [InlineData("{" + Good + ", \"tags\": [\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]}", "/tags")]
    [InlineData("{" + Good + ", \"unique\": \"k\"}", "/unique")]
    [InlineData("{" + Good + ", \"unique\": {}}", "/unique/key")]
    [InlineData("{" + Good + ", \"unique\": {\"key\": \"k\", \"bogus\": 1}}", "/unique/bogus")]
    [InlineData("{" + Good + ", \"unique\": {\"key\": \"k\", \"window\": \"1h\"}}", "/unique/window")]
    [InlineData("{" + Good + ", \"unique\": {\"key\": \"k\", \"window\": {\"start\": \"2026-01-01T00:00:00Z\"}}}", "/unique/window/end")]
    [InlineData("{" + Good + ", \"unique\": {\"key\": \"k\", \"window\": {\"start\": \"2026-01-01T00:00:00Z\", \"end\": \"2025-01-01T00:00:00Z\", \"grain\": \"1h\"}}}", "/unique/window/end")]
    [InlineData("{" + Good + ", \"unique\": {\"key\": \"k\", \"window\": {\"start\": \"2026-01-01T00:00:00Z\", \"end\": \"2026-01-02T00:00:00Z\", \"grain\": \"7h\"}}}", "/unique/window/grain")]
    [InlineData("{" + Good + ", \"unique\": {\"key\": \"\"}}", "/unique/key")]
    [InlineData("{" + Good + ", \"unique\": {\"key\": \"k\", \"ttl\": \"-1h\"}}", "/unique/ttl")]
    [InlineData("{" + Good + ", \"unique\": {\"key\": \"k\", \"whenRunning\": \"wait\"}}", "/unique/whenRunning")]
    [InlineData("{" + Good + ", \"unique\": {\"key\": \"k\", \"replace\": \"yes\"}}", "/unique/replace")]
    public async Task A_bad_job_is_refused_at_its_place(string body, string pointer)
    {
        var (status, problem) = await Story.PostAsync("/api/jobs", body);
        AssertRefused(400, status, problem);
        Assert.Equal(pointer, problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
        await AssertNothingAsync();
    }

    [Theory]
    [InlineData(36, 400)]
    [InlineData(10_000, 400)]
    [InlineData(33, 400)]
    [InlineData(31, 202)]
    public async Task Depth_has_an_end(int levels, int expected)
    {
        var (status, problem) = await Story.PostAsync(
            "/api/jobs", $$"""{"kind": "test.job", "payload": {{new string('[', levels)}}{{new string(']', levels)}}}""");
        Assert.Equal(expected, status);
        if (expected != 202)
        {
            AssertRefused(400, status, problem);
        }
    }

    [Theory]
    [InlineData(Limits.MaxPayloadBytes, 202)]
    [InlineData(Limits.MaxPayloadBytes + 1, 400)]
    [InlineData(Limits.MaxPayloadBytes + 64 * 1024, 413)]
    public async Task A_payload_has_a_size(int bytes, int expected)
    {
        var (status, _) = await Story.PostAsync("/api/jobs", $$"""{"kind": "test.job", "payload": "{{new string('x', bytes - 2)}}"}""");
        Assert.Equal(expected, status);
    }

    [Fact]
    public async Task A_body_without_a_length_is_cut_off_at_the_limit()
    {
        using var body = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes("\"" + new string('x', 2_000_000))));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/jobs") { Content = body, Headers = { TransferEncodingChunked = true } };
        using var response = await Story.Http.SendAsync(request);
        var (status, problem) = await ApiStory.ReadAsync(response);
        AssertRefused(413, status, problem);
    }

    [Theory]
    [InlineData("text/plain", 415)]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/json; charset=UTF-8", 202)]
    [InlineData("", 415)]
    public async Task Only_JSON_in_UTF8_is_read(string type, int expected)
    {
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes("{" + Good + "}"));
        body.Headers.ContentType = type.Length == 0 ? null : MediaTypeHeaderValue.Parse(type);
        using var response = await Story.Http.PostAsync("/api/jobs", body);
        Assert.Equal(expected, (await ApiStory.ReadAsync(response)).Status);
    }

    [Fact]
    public async Task A_compressed_body_and_invalid_UTF8_are_refused()
    {
        using var compressed = ApiStory.Json("{" + Good + "}");
        compressed.Headers.ContentEncoding.Add("gzip");
        using var first = await Story.Http.PostAsync("/api/jobs", compressed);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, first.StatusCode);
        foreach (var bytes in new[] { new byte[] { (byte)'"', 0xC3, 0x28, (byte)'"' }, Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("{}")).ToArray() })
        {
            using var body = new ByteArrayContent(bytes);
            body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await Story.Http.PostAsync("/api/jobs", body);
            var (status, problem) = await ApiStory.ReadAsync(response);
            AssertRefused(400, status, problem);
        }
    }

    [Theory]
    [InlineData("{}", "/jobs")]
    [InlineData("{\"jobs\": {}}", "/jobs")]
    [InlineData("{\"jobs\": []}", "/jobs")]
    [InlineData("{\"jobs\": [1]}", "/jobs/0")]
    [InlineData("{\"jobs\": [{" + Good + "}, {" + Good + ", \"priority\": 999}, {" + Good + "}]}", "/jobs/1/priority")]
    [InlineData("{\"jobs\": [{" + Good + "}, {\"kind\": \"X\", \"payload\": 1}]}", "/jobs/1/kind")]
    [InlineData("{\"jobs\": [{" + Good + ", \"id\": \"0198a1b2-0000-7000-8000-000000000001\"}, {" + Good + ", \"id\": \"0198a1b2-0000-7000-8000-000000000001\"}]}", "/jobs/1/id")]
    public async Task A_batch_with_a_fault_is_refused_whole(string body, string pointer)
    {
        var (status, problem) = await Story.PostAsync("/api/jobs/batch", body);
        AssertRefused(400, status, problem);
        Assert.Equal(pointer, problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
        await AssertNothingAsync();
    }

    [Fact]
    public async Task A_batch_names_all_its_faults_up_to_ten_and_has_a_length()
    {
        var jobs = string.Join(",", Enumerable.Repeat("{" + Good + ", \"priority\": -1}", 12));
        var (_, problem) = await Story.PostAsync("/api/jobs/batch", $$"""{"jobs": [{{jobs}}]}""");
        Assert.Equal(10, problem.GetProperty("errors").GetArrayLength());
        var many = string.Join(",", Enumerable.Repeat("{" + Good + "}", 1_001));
        AssertRefused(400, (await Story.PostAsync("/api/jobs/batch", $$"""{"jobs": [{{many}}]}""")).Status, problem);
        await AssertNothingAsync();
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=1000000000", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("cursor=x", "cursor")]
    [InlineData("cursor=e30", "cursor")]
    [InlineData("cursor=%00", "cursor")]
    [InlineData("kind=%27%20OR%201%3D1--", "kind")]
    [InlineData("queue=%25", "queue")]
    [InlineData("tag=_", "tag")]
    [InlineData("tenant=A", "tenant")]
    [InlineData("state=Ready", "state")]
    [InlineData("state=1", "state")]
    [InlineData("from=2026-13-01", "from")]
    [InlineData("from=2026-01-02&to=2026-01-01", "to")]
    [InlineData("sort=payload", "sort")]
    [InlineData("kind=a&kind=b", "kind")]
    public async Task A_bad_question_is_refused_by_its_parameter(string query, string parameter)
    {
        var (status, problem) = await Story.GetAsync("/api/jobs?" + query);
        AssertRefused(400, status, problem);
        Assert.Equal(parameter, problem.GetProperty("errors")[0].GetProperty("parameter").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u00e9")]
    [InlineData("two words")]
    public async Task A_bad_idempotency_key_is_refused(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/jobs") { Content = ApiStory.Json("{" + Good + "}") };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 }) { BaseAddress = Story.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Story.Key);
        using var response = await http.SendAsync(request);
        Assert.Equal(400, (int)response.StatusCode);
        await AssertNothingAsync();
    }

    [Theory]
    [InlineData("GET", "/api/jobs/x", 400)]
    [InlineData("GET", "/api/jobs/0198a1b2-0000-7000-8000-000000000001", 404)]
    [InlineData("POST", "/api/jobs/0198a1b2-0000-7000-8000-000000000001/cancel", 404)]
    [InlineData("POST", "/api/jobs/0198a1b2-0000-7000-8000-000000000001/retry", 404)]
    [InlineData("POST", "/api/jobs/x/retry", 400)]
    [InlineData("POST", "/api/jobs/0198a1b2-0000-7000-8000-000000000001/discard", 404)]
    [InlineData("POST", "/api/jobs/x/discard", 400)]
    [InlineData("GET", "/api/jobs?discarded=false", 400)]
    [InlineData("GET", "/api/jobs?discarded=1", 400)]
    [InlineData("POST", "/api/kinds/A/bump", 400)]
    [InlineData("DELETE", "/api/jobs", 405)]
    [InlineData("TRACE", "/api/jobs", 405)]
    public async Task What_is_not_there_is_answered_as_such(string method, string path, int expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("X-HTTP-Method-Override", "POST");
        using var response = await Story.Http.SendAsync(request);
        Assert.Equal(expected, (await ApiStory.ReadAsync(response)).Status);
    }

    [Theory]
    [InlineData("GET /api/jobs HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400")]
    [InlineData("GET /api/jobs HTTP/1.1\r\n\r\n", "400")]
    [InlineData("GET /api/jobs HTTP/1.1\r\nHost: a\r\nX: LONG\r\n\r\n", "431")]
    [InlineData("POST /api/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}", "400")]
    public async Task A_malformed_request_is_refused_by_the_server(string text, string status)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Story.Address.Host, Story.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text.Replace("LONG", new string('x', 32_000), StringComparison.Ordinal)));
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        Assert.StartsWith($"HTTP/1.1 {status}", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    private static void AssertRefused(int expected, int status, JsonElement problem)
    {
        Assert.Equal(expected, status);
        var detail = problem.GetProperty("detail").GetString()!;
        Assert.EndsWith(".", detail, StringComparison.Ordinal);
        Assert.InRange(detail.Length, 10, 400);
        Assert.DoesNotContain("   at ", problem.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", problem.GetProperty("title").GetString(), StringComparison.Ordinal);
    }

    private async Task AssertNothingAsync() => Assert.Equal(0, (await Story.Ledger.CountsAsync(CancellationToken.None)).Live);
}
