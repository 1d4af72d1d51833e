namespace CartRecovery.Bench.Baselines;

/// <summary>The <c>sink</c> command.</summary>
static class SinkCommand
{
    const string Usage = "sink [--port N] [--per-message N] [--raw]: N is a port, 0 for any free one (default 9002); --per-message: the events per message";
    const int DefaultPort = 9002;

    /// <summary>Runs until a signal stops it.</summary>
    /// <param name="args">What follows <c>sink</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var (port, perMessage, raw) = (DefaultPort, 1, false);
        for (var i = 0; i < args.Length; i++)
        {
            var fine = args[i] switch
            {
                "--port" => i + 1 < args.Length && int.TryParse(args[++i], out port) && port is >= 0 and <= 65535,
                "--per-message" => i + 1 < args.Length && int.TryParse(args[++i], out perMessage) && perMessage > 0,
                "--raw" => raw = true,
                _ => false,
            };
            if (!fine)
            {
                await Console.Error.WriteLineAsync(Usage);
                return 2;
            }
        }

        try
        {
            if (raw)
            {
                await using var sink = RawSink.Start(port, perMessage);
                await BaselineCommand.ServeAsync(sink.Port);
            }
            else
            {
                await using var sink = await SinkServer.StartAsync(port, perMessage);
                await BaselineCommand.ServeAsync(sink.Port);
            }

            return 0;
        }
        catch (IOException taken)
        {
            await Console.Error.WriteLineAsync(taken.Message);
            return 1;
        }
    }
}
