using BusJobs.ArchitectureTests.Guilty;
using BusJobs.ArchitectureTests.Rules;

namespace BusJobs.ArchitectureTests;

public sealed class CodeTests
{
    [Fact]
    public void No_type_or_folder_has_a_name_that_fits_anything()
    {
        Assert.Empty(Naming.OfTypes(Checkout.Types()));
        Assert.Empty(Naming.OfFolders(Checkout.Sources("src")));
    }

    [Fact]
    public void Names_that_fit_anything_are_seen()
    {
        Type[] guilty = [typeof(MailManager), typeof(StringHelper), typeof(DateUtils), typeof(UtilsOfDates), typeof(MailProcessorV2)];
        Assert.Equal(guilty.Length, Naming.OfTypes([.. guilty, typeof(Utilization)]).Count());
        Assert.Single(Naming.OfFolders([new SourceFile("src/BusJobs/Common/A.cs", ""), new SourceFile("src/BusJobs/Enqueue/A.cs", "")]));
    }

    [Fact]
    public void Interfaces_stand_only_at_seams() => Assert.Empty(Seams.Violations(Checkout.Types()));

    [Fact]
    public void An_interface_with_one_implementation_is_seen()
    {
        var faults = Seams.Violations([typeof(ILonely), typeof(Lonely), typeof(ILedger), typeof(OnlyLedger)]).ToList();
        Assert.Equal(2, faults.Count);
        Assert.Contains("ILonely (1 implementations) is not on the list", faults[0]);
        Assert.Contains("ILedger has 1 implementations, and 2 are expected", faults[1]);
    }

    [Fact]
    public void Everything_is_caught_only_where_there_is_a_reason()
    {
        Assert.Empty(CatchAll.Unlisted(Checkout.Sources("src"), CatchAll.Reasons));
        Assert.Empty(CatchAll.Stale(Checkout.Sources("src"), CatchAll.Reasons));
    }

    [Theory]
    [InlineData("CatchAll.cs.txt", true)]
    [InlineData("CatchBare.cs.txt", true)]
    [InlineData("CatchTyped.cs.txt", false)]
    public void A_catch_all_without_a_reason_is_seen(string name, bool guilty)
    {
        SourceFile[] files = [new("src/A.cs", Checkout.Guilty(name))];
        Assert.Equal(guilty, CatchAll.Unlisted(files, new Dictionary<string, string>()).Any());
        Assert.Empty(CatchAll.Unlisted(files, new Dictionary<string, string> { ["src/A.cs"] = "a loop" }));
        Assert.Equal(!guilty, CatchAll.Stale(files, new Dictionary<string, string> { ["src/A.cs"] = "a loop" }).Any());
    }

    [Fact]
    public void A_cancellation_token_comes_last_and_is_never_optional() => Assert.Empty(Tokens.Violations(Checkout.Types()));

    [Fact]
    public void A_token_in_front_or_with_a_default_is_seen()
    {
        var faults = Tokens.Violations([typeof(Careless)]).ToList();
        Assert.Equal(2, faults.Count);
        Assert.Contains(faults, fault => fault.Contains("TokenFirstAsync: the token 'cancellationToken' is not the last parameter", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("OptionalAsync: the token 'cancellationToken' is optional", StringComparison.Ordinal));
    }
}
