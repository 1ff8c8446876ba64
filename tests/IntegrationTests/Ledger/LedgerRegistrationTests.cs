using BusJobs.Ledger;
using BusJobs.Ledger.Clients;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Ledger;

public sealed class LedgerRegistrationTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("busjobs-registration-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("postgres://busjobs:secret@db/busjobs?sslmode=require")]
    [InlineData("Host=db;Passwort=secret")]
    [InlineData("Host=db;Port=secret;Password=secret")]
    [InlineData("Username=busjobs;Password=secret")]
    [InlineData("secret")]
    public void A_bad_connection_string_is_refused_in_one_sentence_without_the_password(string database)
    {
        var refused = Assert.Throws<JobRefusedException>(() => new ServiceCollection().AddBusJobsLedger(new LedgerOptions { Database = database }));

        Assert.DoesNotContain("secret", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("Npgsql connection string", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void Options_that_name_no_ledger_are_refused() =>
        Assert.Throws<JobRefusedException>(() => new ServiceCollection().AddBusJobsLedger(new LedgerOptions()));

    [Fact]
    public async Task Without_a_database_the_ledger_is_a_private_file_in_the_data_folder()
    {
        var data = Path.Combine(folder.FullName, "deep", "data");
        await using var provider = new ServiceCollection().AddBusJobsLedger(new LedgerOptions { DataFolder = data }).BuildServiceProvider(validateScopes: true);
        await provider.GetRequiredService<ILedger>().MigrateAsync(CancellationToken.None);
        await provider.GetRequiredService<IJobClient>().EnqueueAsync(new SendInvoice(1));

        Assert.Equal(1, (await provider.GetRequiredService<ILedger>().CountsAsync(CancellationToken.None)).Ready);
        Assert.Same(provider.GetRequiredService<LedgerJobClient>(), provider.GetRequiredService<IJobClient>());
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in Directory.GetFiles(data))
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
    }

    [Fact]
    public void A_file_that_is_not_SQLite_is_refused_in_one_sentence()
    {
        File.WriteAllText(Path.Combine(folder.FullName, LedgerOptions.FileName), new string('x', 5000));
        var refused = Assert.Throws<JobRefusedException>(() => LedgerRegistration.Open(new LedgerOptions { DataFolder = folder.FullName }, TimeProvider.System));

        Assert.Contains("a SQLite file that this user may write", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_folder_that_is_a_file_is_refused_in_one_sentence()
    {
        var file = Path.Combine(folder.FullName, "file");
        File.WriteAllText(file, "");

        Assert.Throws<JobRefusedException>(() => LedgerRegistration.Open(new LedgerOptions { DataFolder = file }, TimeProvider.System));
    }
}
