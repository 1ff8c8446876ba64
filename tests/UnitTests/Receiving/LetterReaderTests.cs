using System.Text;
using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.Coordinator.Receiving;
using BusJobs.UnitTests.Support;
using BusJobs.Wire;
using MassTransit;
using MassTransit.Serialization;
using Microsoft.Extensions.Options;

namespace BusJobs.UnitTests.Receiving;

public sealed class LetterReaderTests
{
    private const string Id = "018f0000-aaaa-7bbb-8ccc-000000000001";
    private const string Urn = "urn:message:Acme.Search:ReindexSearch";

    private readonly ManualClock clock = new();
    private readonly LetterReader reader;

    public LetterReaderTests() => reader = new LetterReader(
        Options.Create(new CoordinatorOptions().Accept(Urn, "acme.reindex", "search").Accept<Greeting>()), clock);

    [Fact]
    public void A_published_command_becomes_a_job_with_the_messages_id_and_exactly_its_JSON()
    {
        var job = Command($$"""
            { "messageId": "{{Id}}", "conversationId": null, "messageType": [ "{{Urn}}", "urn:message:Acme.Search:ICommand" ],
              "message": { "repo" : "a\u0062c",  "n":  1.500 }, "expirationTime": null, "headers": {}, "host": { "machineName": "x" } }
            """);
        Assert.Equal(Guid.Parse(Id), job.Id);
        Assert.Equal("acme.reindex", job.Kind);
        Assert.Equal("search", job.Queue);
        Assert.Equal("""{ "repo" : "a\u0062c",  "n":  1.500 }""", job.Payload);
    }

    [Fact]
    public void A_type_is_known_by_namespace_and_name_and_any_of_a_messages_types_will_do()
    {
        Assert.Equal("acme.reindex", Command(Envelope(types: $"\"urn:message:Other:Base\", \"{Urn.ToUpperInvariant()}\"")).Kind);
        Assert.Equal("test.greeting", Command(Envelope(types: "\"urn:message:BusJobs.UnitTests.Receiving:LetterReaderTests+Greeting\"")).Kind);
    }

    [Fact]
    public void Headers_say_how_a_job_differs_from_its_kind()
    {
        var job = Command(Envelope(headers: """
            "busjobs-queue": "slow", "busjobs-tenant": "acme", "busjobs-priority": 7, "BusJobs-Delay": "00:05:00", "busjobs-timeout": "00:00:30",
            "busjobs-max-attempts": "4", "busjobs-tags": "a, b", "MT-Activity-Id": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "other": {"x": [1]}
            """));
        Assert.Equal(("slow", "acme", (byte)7, 4), (job.Queue, job.Tenant, job.Priority, job.MaxAttempts));
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30)), (job.Delay, job.Timeout));
        Assert.Equal(["a", "b"], job.Tags);
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c", job.TraceParent);
        var kept = Command(Envelope(headers: "\"busjobs-unique\": \"repo 7\", \"busjobs-max-age\": \"01:00:00\""));
        Assert.Equal((Unique.WhileActive("repo 7"), TimeSpan.FromHours(1)), (kept.Unique, kept.MaxAge));
        Assert.Equal(2030, Command(Envelope(headers: "\"busjobs-run-at\": \"2030-01-31T08:00:00Z\"")).RunAt!.Value.Year);
    }

    [Fact]
    public void Bare_JSON_is_told_by_the_headers_of_its_transport()
    {
        var letter = Letter("""{"repo":"abc"}""", ("MessageId", Id), ("MT-MessageType", $"urn:message:Other:X;{Urn}"), ("busjobs-tenant", "acme"));
        var job = Assert.IsType<Reading.Command>(reader.Read(letter)).Job;
        Assert.Equal((Guid.Parse(Id), """{"repo":"abc"}""", "acme"), (job.Id, job.Payload, job.Tenant));
    }

    [Theory]
    [InlineData("", "cannot be read")]
    [InlineData("{", "cannot be read")]
    [InlineData("null", "cannot be read")]
    [InlineData("[]", "cannot be read")]
    [InlineData("{}", "message type (missing) is refused")]
    [InlineData("{\"messageType\":[\"urn:message:Acme:Unknown\"],\"message\":{}}", "message type 'urn:message:Acme:Unknown' is refused: expected a type that the coordinator accepts")]
    [InlineData("{\"messageType\":[\"" + Urn + "\"],\"message\":{}}", "messageId (missing) is refused: expected the message's id")]
    [InlineData("{\"messageId\":\"abc\",\"messageType\":[\"" + Urn + "\"],\"message\":{}}", "messageId (missing) is refused")]
    [InlineData("{\"messageId\":\"00000000-0000-0000-0000-000000000000\",\"messageType\":[\"" + Urn + "\"],\"message\":{}}", "messageId '00000000")]
    [InlineData("{\"messageId\":\"" + Id + "\",\"messageType\":[\"" + Urn + "\"]}", "payload (missing) is refused")]
    [InlineData("{\"messageId\":\"" + Id + "\",\"messageType\":[\"" + Urn + "\"],\"message\":{\"a\":\"\\u0000\"}}", "expected no \\u0000")]
    [InlineData("{\"messageId\":\"" + Id + "\",\"messageType\":[\"" + Urn + "\"],\"message\":{\"a\":", "cannot be read")]
    [InlineData("{\"messageId\":\"" + Id + "\",\"messageType\":[\"" + Urn + "\"],\"message\":{},\"headers\":{\"busjobs-priority\":\"256\"}}", "header busjobs-priority '256' is refused: expected 0 to 255")]
    [InlineData("{\"messageId\":\"" + Id + "\",\"messageType\":[\"" + Urn + "\"],\"message\":{},\"headers\":{\"busjobs-tenant\":\"No Name\"}}", "tenant 'No Name' is refused")]
    [InlineData("{\"messageId\":\"" + Id + "\",\"messageType\":[\"" + Urn + "\"],\"message\":{},\"headers\":{\"busjobs-max-age\":\"soon\"}}", "header busjobs-max-age 'soon' is refused: expected a time span")]
    [InlineData("{\"messageId\":\"" + Id + "\",\"messageType\":[\"" + Urn + "\"],\"message\":{},\"headers\":{\"busjobs-unique\":\"\"}}", "unique.key '' is refused")]
    [InlineData("{\"messageType\":[\"urn:message:BusJobs.Wire:Handover\"],\"message\":{\"id\":7}}", "cannot be read")]
    [InlineData("{\"messageType\":[\"urn:message:BusJobs.Wire:BumpGeneration\"],\"message\":{\"kind\":\"No Name\"}}", "kind 'No Name' is refused")]
    public void What_cannot_become_a_job_is_told_in_a_sentence(string body, string sentence)
    {
        var unfit = Assert.IsType<Reading.Unfit>(reader.Read(Letter(body)));
        Assert.Contains(sentence, unfit.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe, 0x00 })]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xc3, (byte)'"', (byte)':', (byte)'1', (byte)'}' })]
    public void Bytes_that_are_no_text_are_unfit_as_well(byte[] body) =>
        Assert.IsType<Reading.Unfit>(reader.Read(new Letter(body, new Transport([]))));

    [Fact]
    public void A_deep_payload_and_a_large_one_are_unfit()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 40)) + string.Concat(Enumerable.Repeat("]", 40));
        Assert.Contains("32 levels", Assert.IsType<Reading.Unfit>(reader.Read(Letter(Envelope(message: deep)))).Reason, StringComparison.Ordinal);
        var large = $"\"{new string('x', Limits.MaxPayloadBytes)}\"";
        Assert.Contains("at most 262", Assert.IsType<Reading.Unfit>(reader.Read(Letter(Envelope(message: large)))).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_handover_comes_as_it_was_sent()
    {
        var job = NewJob.From("test.x", "mail", """{"a": 1.0}""", new EnqueueOptions { Tenant = "acme", Delay = TimeSpan.FromDays(400), Tags = ["a"] }, clock);
        var handover = new Handover { Id = Guid.Parse(Id), RelayId = job.Id, Jobs = [job] };
        var body = System.Text.Json.JsonSerializer.Serialize(handover, SystemTextJsonMessageSerializer.Options);
        var read = Assert.IsType<Reading.Handed>(reader.Read(Letter(Envelope(types: $"\"{MessageUrn.ForTypeString<Handover>()}\"", message: body)))).Handover;
        Assert.Equivalent(handover, read, strict: true);
    }

    [Fact]
    public void Each_type_is_accepted_once_and_only_under_sound_names()
    {
        var options = new CoordinatorOptions().Accept(Urn, "acme.reindex");
        Assert.Contains("each type once", Assert.Throws<JobRefusedException>(() => options.Accept(Urn, "acme.other")).Message, StringComparison.Ordinal);
        Assert.Throws<JobRefusedException>(() => options.Accept("Acme.Search:ReindexSearch", "acme.reindex"));
        Assert.Throws<JobRefusedException>(() => options.Accept("urn:message:A:B", "No Name"));
        Assert.Throws<JobRefusedException>(() => options.Accept("urn:message:A:B", "a.b", "mail.dead"));
        Assert.Equal("Acme.Search:Outer-Inner", AcceptedCommand.ExchangeOf("urn:message:Acme.Search:Outer+Inner"));
        Assert.Equal("Acme.Search:ReindexSearch", Assert.Single(options.Accepted).Exchange);
    }

    [JobKind("test.greeting")]
    private sealed record Greeting(string Word);

    private static string Envelope(string types = $"\"{Urn}\"", string message = "{}", string headers = "") =>
        $$"""{"messageId":"{{Id}}","messageType":[{{types}}],"headers":{ {{headers}} },"message":{{message}} }""";

    private NewJob Command(string body) => Assert.IsType<Reading.Command>(reader.Read(Letter(body))).Job;

    private static Letter Letter(string body, params (string Name, string Value)[] headers) =>
        new(Encoding.UTF8.GetBytes(body), new Transport(headers.ToDictionary(header => header.Name, header => (object)header.Value)));

    private sealed class Transport(Dictionary<string, object> values) : Headers
    {
        public IEnumerable<KeyValuePair<string, object>> GetAll() => values;

        public bool TryGetHeader(string key, out object value) => values.TryGetValue(key, out value!);

        public T? Get<T>(string key, T? defaultValue = null)
            where T : class => values.TryGetValue(key, out var value) ? value as T : defaultValue;

        public T? Get<T>(string key, T? defaultValue = null)
            where T : struct => values.TryGetValue(key, out var value) ? (T)value : defaultValue;

        public IEnumerator<HeaderValue> GetEnumerator() => values.Select(pair => new HeaderValue(pair.Key, pair.Value)).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
