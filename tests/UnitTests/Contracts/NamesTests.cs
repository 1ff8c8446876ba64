using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Contracts;

public sealed class NamesTests
{
    internal static readonly string?[] BadNames =
    [
        null, "", " ", "a b", "a*", "#", "a#b", "a/b", "../x", "a\\b", ".hidden", "-a", "_a", "Upper", "ünicode", "ı", "a\n", "\na", "a\0b", "a\tb",
        "a:b", "a,b", "a;b", "a'b", "a\"b", "a%20b", "' or 1=1--", "<script>", "{{7*7}}", "😀", "a😀", "\u202Eevil", "a\u202E", "a\u200B", "a\uFEFF", "\ud800", "аdmin",
        "System.Diagnostics.Process, System", "\u001b[31mred", new string('a', 64), new string('a', 256), new string('a', 10_000),
    ];

    public static TheoryData<string?> Bad => [.. BadNames];

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void A_name_outside_the_rule_is_refused_in_one_clean_sentence(string? name)
    {
        Assert.False(Names.IsAllowed(name));
        Refusal.Of("kind", Names.Allowed, () => Names.Check("kind", name));
        Refusal.Of("queue", Names.Allowed, () => Names.CheckQueue(name));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("default")]
    [InlineData("forge.reindex-search")]
    [InlineData("a_b-c.d")]
    [InlineData("a..b")]
    [InlineData("amq.direct")]
    public void A_name_within_the_rule_is_returned_as_it_is(string name) => Assert.Same(name, Names.CheckQueue(name));

    [Fact]
    public void The_longest_name_has_63_characters()
    {
        Assert.True(Names.IsAllowed(new string('a', 63)));
        Assert.False(Names.IsAllowed(new string('a', 64)));
    }

    [Theory]
    [InlineData("mail.dead")]
    [InlineData("a.dead")]
    public void Queues_do_not_end_like_those_of_dead_letters(string name)
    {
        Refusal.Of("queue", "a name that does not end in '.dead'", () => Names.CheckQueue(name));
        Assert.Equal(name, Names.Check("kind", name));
    }

    [Fact]
    public void Whatever_is_allowed_is_made_of_the_allowed_characters_and_nothing_else() =>
        Prop.ForAll<string?>(name => !Names.IsAllowed(name)
            || (name!.Length is > 0 and <= 63 && name.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '.' or '_' or '-')
                && char.IsAsciiLetterOrDigit(name[0]))).QuickCheckThrowOnFailure();
}
