using BusJobs.Ledger;

namespace BusJobs.UnitTests.Rules;

public sealed class MemberFilterTests
{
    [Theory]
    [InlineData("""{"customer": 7}""", "customer", "7")]
    [InlineData("""{"a": {"customer": 8}, "customer": 7}""", "customer", "7")]
    [InlineData("""{"customer": 1e3}""", "customer", "1e3")]
    [InlineData("""{"name": "O\u0027Hara"}""", "name", "O'Hara")]
    [InlineData("""{"na\u006de": "x"}""", "name", "x")]
    [InlineData("""{"name": ""}""", "name", "")]
    [InlineData("""{"done": true}""", "done", "true")]
    [InlineData("""{"a=b": "c=d"}""", "a=b", "c=d")]
    public void A_member_at_the_top_is_found_by_its_text_number_or_truth(string payload, string name, string value) =>
        Assert.True(new MemberFilter(name, value).Matches(payload));

    [Theory]
    [InlineData("""{"customer": 70}""", "customer", "7")]
    [InlineData("""{"a": {"customer": 7}}""", "customer", "7")]
    [InlineData("""{"Customer": 7}""", "customer", "7")]
    [InlineData("""{"customer": null}""", "customer", "null")]
    [InlineData("""{"customer": [7]}""", "customer", "[7]")]
    [InlineData("""{"customer": {}}""", "customer", "{}")]
    [InlineData("""["customer", 7]""", "customer", "7")]
    [InlineData("7", "customer", "7")]
    [InlineData("", "customer", "7")]
    [InlineData("""{"customer": 7x""", "other", "7")]
    [InlineData("""{"customer": """, "customer", "")]
    public void Nothing_else_is_and_what_is_no_JSON_is_no_error(string payload, string name, string value) =>
        Assert.False(new MemberFilter(name, value).Matches(payload));
}
