using BusJobs.Ledger;

namespace BusJobs.UnitTests.Rules;

public sealed class TurnsTests
{
    /// <summary>The tenants in the order of their turns, as a ledger lists them.</summary>
    private static List<string> InTurn(IEnumerable<string> tenants, string after) =>
        [.. tenants.Where(tenant => string.CompareOrdinal(tenant, after) > 0), .. tenants.Where(tenant => string.CompareOrdinal(tenant, after) <= 0)];

    [Theory]
    [InlineData(0, null, 0)]
    [InlineData(1, null, 1)]
    [InlineData(15, null, 15)]
    [InlineData(16, null, 14)]
    [InlineData(2_400, null, 2_100)]
    [InlineData(2_400, 10.0, 240)]
    [InlineData(5, 10.0, 1)]
    public void Where_others_of_their_keys_may_go_along_fewer_are_chosen_one_by_one_and_of_a_large_share_an_eighth_is_left_to_find_out(int share, double? jobsPerStart, int firsts)
    {
        var turns = new Turns { JobsPerStart = jobsPerStart is { } known ? new() { ["north"] = known } : [] };
        Assert.Equal(new Dictionary<string, int> { ["north"] = firsts }, turns.Firsts(new() { ["north"] = share }));
    }

    [Fact]
    public void Every_place_is_given_to_somebody()
    {
        var random = new Random(7);
        var turns = new Turns();
        for (var i = 0; i < 1_000; i++)
        {
            var tenants = Enumerable.Range(0, random.Next(1, 20)).Select(number => $"t{number:00}").ToList();
            var places = random.Next(1, 200);
            Assert.Equal(places, turns.Share(InTurn(tenants, turns.After), tenant => tenant.Length + tenant[^1] - '0', places).Values.Sum());
        }

        Assert.Empty(turns.Share([], _ => 1, 10));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void However_the_places_come_tenants_get_them_by_weight(int seed)
    {
        string[] tenants = ["a", "b", "c", "d"];
        var weights = new Dictionary<string, int> { ["a"] = 1, ["b"] = 2, ["c"] = 5, ["d"] = 12 };
        var (random, turns, total, given) = (new Random(seed), new Turns(), tenants.ToDictionary(tenant => tenant, _ => 0), 0);
        while (given < 2_000)
        {
            var places = Math.Min(random.Next(1, 30), 2_000 - given);
            given += places;
            foreach (var (tenant, share) in turns.Share(InTurn(tenants, turns.After), tenant => weights[tenant], places))
            {
                total[tenant] += share;
            }

            Assert.All(tenants, tenant => Assert.InRange(total[tenant], (given / 20.0 * weights[tenant]) - 12, (given / 20.0 * weights[tenant]) + 12));
        }

        Assert.Equal([100, 200, 500, 1_200], tenants.Select(tenant => total[tenant]));
    }

    [Fact]
    public void A_tenant_that_was_half_served_and_is_gone_costs_the_next_nothing()
    {
        var turns = new Turns();
        Assert.Equal(1, turns.Share(["a", "b"], _ => 3, 1)["a"]);
        Assert.Equal(3, turns.Share(["b"], _ => 3, 3)["b"]);
        Assert.Equal("b", turns.After);
    }
}
