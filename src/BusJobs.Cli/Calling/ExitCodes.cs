namespace BusJobs.Cli.Calling;

/// <summary>What a program that calls this one may go by.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>It was understood, and could not be done; or a check found something.</summary>
    public const int Failed = 1;

    /// <summary>The words or a value are wrong.</summary>
    public const int Usage = 2;

    /// <summary>Server or ledger cannot be reached, or refused the key.</summary>
    public const int Unreachable = 3;

    /// <summary>Ctrl-C, as shells have it.</summary>
    public const int Interrupted = 130;
}
