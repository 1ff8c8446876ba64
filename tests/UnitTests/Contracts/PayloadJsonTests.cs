using System.Text.Json;

namespace BusJobs.UnitTests.Contracts;

public sealed class PayloadJsonTests
{
    public static TheoryData<string?, string> Bad => new()
    {
        { null, "JSON" },
        { "", "one JSON value" },
        { " ", "one JSON value" },
        { "{", "one JSON value" },
        { "{}x", "one JSON value" },
        { "{}{}", "one JSON value" },
        { "{},", "one JSON value" },
        { "{a:1}", "one JSON value" },
        { "{'a':1}", "one JSON value" },
        { "{\"a\":1,}", "one JSON value" },
        { "// a\n{}", "one JSON value" },
        { "NaN", "one JSON value" },
        { "undefined", "one JSON value" },
        { "01", "one JSON value" },
        { "\uFEFF{}", "one JSON value" },
        { "\"\u0001\"", "one JSON value" },
        { "\"\0\"", "one JSON value" },
        { "{}\0", "one JSON value" },
        { "\"\\u0000\"", "no \\u0000" },
        { "{\"a\\u0000\":1}", "no \\u0000" },
        { "\"\\\\\\u0000\"", "no \\u0000" },
        { "\"\\ud800\"", "no lone surrogate" },
        { "\"\\udc00\\ud800\"", "no lone surrogate" },
        { "{\"\\udfff\":1}", "no lone surrogate" },
        { "\"\ud800\"", "no lone surrogate" },
        { "\"\udc00\ud800\"", "no lone surrogate" },
        { Nested(33), "at most 32 levels" },
        { Nested(10_000), "at most 32 levels" },
        { Sized(Limits.MaxPayloadBytes + 1), "at most 262,144 bytes, got 262,145" },
        { "\"" + new string('é', Limits.MaxPayloadBytes / 2) + "\"", "at most 262,144 bytes, got 262,146" },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void What_some_part_of_the_road_could_not_carry_is_refused(string? payload, string allowed) =>
        Refusal.Of("payload", allowed, () => PayloadJson.Check(payload));

    public static TheoryData<string> Fine =>
    [
        "{}", "[]", "null", "0", "-0", "1e400", "\"\"", " {} ", "{\"a\": 1.0}\n",
        "\"\\ud83d\\ude00\"", "\"😀\"", "\"\\\\u0000\"", "\"\u202E\"", "{\"$type\":\"System.Diagnostics.Process, System\"}", "{\"__proto__\":{}}",
        Nested(32), Sized(Limits.MaxPayloadBytes),
    ];

    [Theory]
    [MemberData(nameof(Fine), DisableDiscoveryEnumeration = true)]
    public void Other_JSON_is_let_in_however_odd(string payload) => Assert.Null(PayloadJson.Fault(payload));

    [Fact]
    public void A_command_comes_back_as_it_was_written()
    {
        var command = new Nested1("é😀\"\\ </script>", new Dictionary<string, int> { ["a"] = 1 }, [1, 2]);
        var payload = PayloadJson.Write(command);
        Assert.Null(PayloadJson.Fault(payload));
        var read = Assert.IsType<Nested1>(PayloadJson.Read(payload, typeof(Nested1)));
        Assert.Equal(payload, PayloadJson.Write(read));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"to\":1}")]
    [InlineData("{\"to\":\"x\",\"to\":\"y\"}")]
    [InlineData("{\"to\":\"x\",\"other\":1}")]
    [InlineData("{\"To\":\"x\"}")]
    [InlineData("{}")]
    [InlineData("{\"to\":\"x\",\"$type\":\"System.Diagnostics.Process, System\"}")]
    public void JSON_that_does_not_fit_its_command_is_an_error_and_never_a_guess(string payload) =>
        Assert.ThrowsAny<JsonException>(() => PayloadJson.Read(payload, typeof(JobKindTests.SendMail)));

    [Fact]
    public void A_type_named_in_the_data_is_only_data()
    {
        var payload = """{"any":{"$type":"System.IO.FileInfo, System.Runtime","fileName":"/etc/passwd"}}""";
        var read = Assert.IsType<Anything>(PayloadJson.Read(payload, typeof(Anything)));
        Assert.Equal("System.IO.FileInfo, System.Runtime", Assert.IsType<JsonElement>(read.Any).GetProperty("$type").GetString());
    }

    [Fact]
    public void A_command_with_a_cycle_is_refused()
    {
        var ring = new Ring();
        ring.Next = ring;
        Refusal.Of("payload", "a command that can be written as JSON", () => PayloadJson.Write(ring));
    }

    [Fact]
    public void A_command_with_something_that_is_no_data_is_refused() =>
        Refusal.Of("payload", "a command that can be written as JSON", () => PayloadJson.Write(new NoData(typeof(string))));

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static string Sized(int bytes) => "\"" + new string('x', bytes - 2) + "\"";

    private sealed record Nested1(string Text, Dictionary<string, int> Counts, int[] Numbers);

    private sealed record Anything(object Any);

    private sealed record NoData(Type Type);

    private sealed class Ring
    {
        public Ring? Next { get; set; }
    }
}
