using System.Runtime.InteropServices;

namespace CartRecovery.Bench.Baselines;

/// <summary>Shared by the baselines' commands.</summary>
static class BaselineCommand
{
    /// <summary>Prints the address as the first line of output and waits for a signal to stop.</summary>
    /// <param name="port">The port.</param>
    public static async Task ServeAsync(int port)
    {
        Console.WriteLine($"ws://127.0.0.1:{port}/v1/stream");
        var stop = new TaskCompletionSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        await stop.Task;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.TrySetResult();
        }
    }
}
