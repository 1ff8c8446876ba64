using System.Text;
using BusJobs.Bus;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator.Receiving;

/// <summary>Puts what cannot become a job aside, where RabbitMQ's management UI shows it with the reason. On a bus in memory it is only logged.</summary>
internal sealed class UnfitLetters(JobBus bus, TimeProvider clock, ILogger<UnfitLetters> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Returns once the broker has it.</summary>
    public async Task SendAsync(Letter letter, string reason, CancellationToken cancellationToken)
    {
        logger.LetterUnfit(reason);
        while (!bus.IsInMemory)
        {
            try
            {
                await bus.SendAsync(bus.Names.IntakeDead, new UnfitMessage { Reason = reason, Body = Show(letter.Body.Span) }, mandatory: false, cancellationToken);
                return;
            }
            catch (SendRefusedException refusal)
            {
                logger.UnfitLetterLost(refusal, reason);
                return;
            }
            catch (TimeoutException)
            {
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }

    /// <summary>Text as it is; anything else in base 64.</summary>
    private static string Show(ReadOnlySpan<byte> body) =>
        System.Text.Unicode.Utf8.IsValid(body) ? Encoding.UTF8.GetString(body) : Convert.ToBase64String(body);
}
