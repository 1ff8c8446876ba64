using FsCheck;
using FsCheck.Fluent;
using Forge.Postgres;
using Forge.Search;

namespace BusJobs.UnitTests.Forge;

public sealed class SearchTextTests
{
    private static readonly Gen<string> Texts = Gen.Elements("a", "B", "b", "_", " ", "\"", "ü", "Ü", "\n", "😀", "\r\n").ArrayOf().Select(string.Concat);

    [Fact]
    public void The_shortened_text_has_every_trigram_of_a_line_and_no_other() =>
        Prop.ForAll(Texts.ToArbitrary(), text => Assert.Equal(OfLines(text.ToUpperInvariant()), OfLines(Trigrams.Distinct(text)))).QuickCheckThrowOnFailure();

    [Fact]
    public void Matching_lines_are_those_that_a_reader_would_mark() =>
        Prop.ForAll(Texts.ToArbitrary(), text => Assert.Equal(
            text.Split('\n').Index().Where(line => line.Item.Contains("ab", StringComparison.OrdinalIgnoreCase)).Select(line => line.Index + 1),
            MatchingLines.Of(text, "AB").Select(match => match.Line))).QuickCheckThrowOnFailure();

    [Fact]
    public void The_snippet_of_a_long_line_shows_the_match_and_where_it_was_cut()
    {
        var (line, snippet) = Assert.Single(MatchingLines.Of("first\n" + new string('x', 5_000) + "Needle" + new string('y', 5_000), "needle"));
        Assert.Equal(2, line);
        Assert.Equal("…" + new string('x', 80) + "Needle" + new string('y', 154) + "…", snippet);
    }

    [Fact]
    public void A_snippet_shows_a_match_that_is_longer_than_itself_whole() =>
        Assert.Contains(new string('z', 900), Assert.Single(MatchingLines.Of(new string('x', 500) + new string('z', 900) + new string('x', 500), new string('z', 900))).Snippet, StringComparison.Ordinal);

    [Fact]
    public void Wildcards_of_a_pattern_are_escaped_and_letters_beyond_ASCII_stand_for_any() => Assert.Equal(@"%a\%b\_c\\_'""%", LikePattern.Of("a%b_c\\ü'\""));

    [Fact]
    public void A_question_to_SQLite_is_made_of_quoted_trigrams_only() => Assert.Equal("\"A\"\"B\" AND \"\"\"B*\"", Trigrams.Expression("a\"b*"));

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("   ", "empty")]
    [InlineData("ab", "at least 3")]
    [InlineData("😀a", "at least 3")]
    [InlineData("a\nb", "one line")]
    [InlineData("a\0b", "control")]
    public void A_question_that_cannot_be_asked_is_refused_in_one_sentence(string? text, string reason) =>
        Assert.Contains(reason, Assert.Throws<SearchRefusedException>(() => SearchQuery.From(text, null, null)).Message, StringComparison.Ordinal);

    [Fact]
    public void Limits_are_kept_and_half_a_surrogate_pair_is_refused()
    {
        Assert.Throws<SearchRefusedException>(() => SearchQuery.From("ab" + '\ud800', null, null));
        Assert.Throws<SearchRefusedException>(() => SearchQuery.From(new string('a', 5_000), null, null));
        Assert.Throws<SearchRefusedException>(() => SearchQuery.From("abc", null, 0));
        Assert.Equal(SearchQuery.MaxLimit, SearchQuery.From("abc", null, int.MaxValue).Limit);
        Assert.Equal(SearchQuery.DefaultLimit, SearchQuery.From("abc", null, null).Limit);
    }

    private static SortedSet<string> OfLines(string text) => new(
        text.Split('\n').SelectMany(line =>
        {
            var runes = line.EnumerateRunes().ToArray();
            return Enumerable.Range(0, Math.Max(0, runes.Length - 2)).Select(i => $"{runes[i]}{runes[i + 1]}{runes[i + 2]}");
        }),
        StringComparer.Ordinal);
}
