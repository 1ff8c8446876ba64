namespace BusJobs.Ledger;

/// <summary>
/// One process per folder of a SQLite ledger: a second one would take back the jobs that the first has in flight. The lock is held by
/// the open file, so it ends with the process, however that ends.
/// </summary>
public sealed class FolderLock : IDisposable
{
    private readonly FileStream file;

    private FolderLock(FileStream file) => this.file = file;

    /// <returns>Null when another process has the folder.</returns>
    public static FolderLock? TryTake(string folder)
    {
        try
        {
            return new FolderLock(new FileStream(Path.Combine(folder, LedgerOptions.FileName + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose() => file.Dispose();
}
