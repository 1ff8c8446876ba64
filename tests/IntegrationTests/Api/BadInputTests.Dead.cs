namespace BusJobs.IntegrationTests.Api;

public sealed partial class BadInputTests
{
    [Theory]
    [InlineData("{}", "")]
    [InlineData("{\"limit\": 0, \"all\": true}", "/limit")]
    [InlineData("{\"limit\": 10001, \"all\": true}", "/limit")]
    [InlineData("{\"kind\": \"%\"}", "/kind")]
    [InlineData("{\"all\": \"yes\"}", "/all")]
    [InlineData("{\"dryRun\": true}", "")]
    public async Task A_redrive_and_a_discard_say_which_jobs(string body, string pointer)
    {
        foreach (var deed in (string[])["redrive", "discard"])
        {
            await RefusesAsync($"/api/jobs/{deed}", body, pointer);
        }
    }

    [Theory]
    [InlineData("discard", "{\"all\": true, \"discarded\": true}", "/discarded")]
    [InlineData("redrive", "{\"all\": true, \"discarded\": 1}", "/discarded")]
    [InlineData("redrive", "{\"fingerprint\": \"0123456789abcdef\", \"discarded\": true}", "/fingerprint")]
    public Task What_was_discarded_is_chosen_by_a_redrive_only_and_not_by_group(string deed, string body, string pointer) => RefusesAsync($"/api/jobs/{deed}", body, pointer);

    private async Task RefusesAsync(string path, string body, string pointer)
    {
        var (status, problem) = await Story.PostAsync(path, body);
        AssertRefused(400, status, problem);
        Assert.Equal(pointer, problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }
}
