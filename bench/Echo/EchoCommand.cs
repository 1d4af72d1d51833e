namespace CartRecovery.Bench.Echo;

/// <summary>The <c>echo</c> command.</summary>
static class EchoCommand
{
    const int DefaultPort = 9001;

    /// <summary>Runs until a signal stops it.</summary>
    /// <param name="args">What follows <c>echo</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (PortOf(args) is not { } port)
        {
            await Console.Error.WriteLineAsync("echo [--port N]: N is a port, 0 for any free one");
            return 2;
        }

        try
        {
            await using var server = await EchoServer.StartAsync(port);
            Console.WriteLine($"ws://127.0.0.1:{server.Port}/");
            await server.WaitAsync();
            return 0;
        }
        catch (IOException taken)
        {
            await Console.Error.WriteLineAsync(taken.Message);
            return 1;
        }
    }

    static ushort? PortOf(string[] args) => args switch
    {
        [] => DefaultPort,
        ["--port", var text] when ushort.TryParse(text, out var port) => port,
        _ => null,
    };
}
