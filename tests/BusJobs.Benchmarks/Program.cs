using System.Runtime.InteropServices;
using BusJobs.Benchmarks;
using Npgsql;
using RabbitMQ.Client.Exceptions;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(Arguments.Help);
    return 0;
}

using var stopping = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

try
{
    var arguments = Arguments.Parse(args);
    using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
    limit.CancelAfter(arguments.Limit);
    var report = await arguments.Measure(arguments, limit.Token);
    report.Print(Console.Out);
    return 0;
}
catch (Exception exception) when (exception is ArgumentException)
{
    return Tell(exception.Message, code: 2);
}
catch (NpgsqlException exception)
{
    return Tell($"PostgreSQL: {exception.Message}", code: 1);
}
catch (BrokerUnreachableException exception)
{
    return Tell($"RabbitMQ: {exception.GetBaseException().Message}", code: 1);
}
catch (TimeoutException exception)
{
    return Tell(exception.Message, code: 1);
}
catch (OperationCanceledException)
{
    return stopping.IsCancellationRequested ? Tell("stopped", code: 130) : Tell("gave up: the benchmark took too long", code: 1);
}

void Stop(PosixSignalContext signal)
{
    // The first signal cleans up; a second one ends the process where it stands.
    signal.Cancel = !stopping.IsCancellationRequested;
    stopping.Cancel();
}

static int Tell(string sentence, int code)
{
    Console.Error.WriteLine($"benchmarks: {sentence}");
    return code;
}
