using System.Text;

namespace BusJobs.FaultServer;

/// <summary>
/// Lines that outlive a SIGKILL: each goes to the kernel in one write before the next step. A file belongs to one process, since
/// .NET appends at an offset of its own and two processes would overwrite each other.
/// </summary>
internal sealed class Marks(FaultSettings settings) : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream runs = Open(settings, "run");
    private readonly FileStream acknowledged = Open(settings, "ack");

    public void NoteRun(JobAttempt attempt) => Write(runs, $"{attempt.JobId} {attempt.Number} {attempt.Fence} {Environment.ProcessId}\n");

    public void NoteAcknowledged(Guid job) => Write(acknowledged, $"{job}\n");

    public void Dispose()
    {
        runs.Dispose();
        acknowledged.Dispose();
    }

    private void Write(FileStream file, string line)
    {
        lock (gate)
        {
            file.Write(Encoding.ASCII.GetBytes(line));
        }
    }

    // A buffer of 0 bytes: what was written is written.
    private static FileStream Open(FaultSettings settings, string extension) => new(
        Path.Combine(settings.MarksFolder, $"{Environment.ProcessId}.{extension}"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
}
