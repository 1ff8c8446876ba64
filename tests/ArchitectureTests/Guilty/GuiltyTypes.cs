namespace BusJobs.ArchitectureTests.Guilty;

/// <summary>What the rules must flag. Nothing here is used.</summary>
internal sealed class MailManager;

internal sealed class StringHelper;

internal sealed class DateUtils;

internal sealed class UtilsOfDates;

internal sealed class MailProcessorV2;

/// <summary>Innocent: the words are parts of longer ones.</summary>
internal sealed class Utilization;

internal interface ILonely;

internal sealed class Lonely : ILonely;

/// <summary>Named like a seam, and yet with a single implementation.</summary>
internal interface ILedger;

internal sealed class OnlyLedger : ILedger;

internal sealed class Careless
{
    public static Task TokenFirstAsync(CancellationToken cancellationToken, int number) => Task.FromResult(number).WaitAsync(cancellationToken);

    public static Task OptionalAsync(int number, CancellationToken cancellationToken = default) => Task.FromResult(number).WaitAsync(cancellationToken);

    public static Task ProperAsync(int number, CancellationToken cancellationToken) => Task.FromResult(number).WaitAsync(cancellationToken);
}
