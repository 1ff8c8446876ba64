using BusJobs.Ledger;

namespace BusJobs.Server;

/// <summary>
/// One embedded server per data folder: a second one would take back the jobs that the first has in flight. The lock is held by
/// the open file, so it ends with the process, however that ends.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream? file;

    private FolderLock(FileStream? file) => this.file = file;

    /// <exception cref="UsageException">Another server has the folder.</exception>
    public static FolderLock Take(ServerOptions options)
    {
        if (!options.IsEmbedded || options.Role == Role.Api)
        {
            return new FolderLock(file: null);
        }

        var path = Path.Combine(options.DataFolder, LedgerOptions.FileName + ".lock");
        try
        {
            return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Another BusJobs server uses {Shown.Value(options.DataFolder)}: stop it, or name another folder with --data.", exception);
        }
    }

    public void Dispose() => file?.Dispose();
}
