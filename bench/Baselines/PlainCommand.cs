using CartRecovery.Engine.Scoring;

namespace CartRecovery.Bench.Baselines;

/// <summary>The <c>plain</c> command.</summary>
static class PlainCommand
{
    const string Usage = "plain [--port N] [--lazy-acks]: N is a port, 0 for any free one (default 9003)";
    const int DefaultPort = 9003;

    /// <summary>Runs until a signal stops it.</summary>
    /// <param name="args">What follows <c>plain</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var (port, lazyAcks) = (DefaultPort, false);
        for (var i = 0; i < args.Length; i++)
        {
            var fine = args[i] switch
            {
                "--port" => i + 1 < args.Length && int.TryParse(args[++i], out port) && port is >= 0 and <= 65535,
                "--lazy-acks" => lazyAcks = true,
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
            await using var server = await PlainServer.StartAsync(SourceTree.PathOf("config/models/purchase.onnx"), port, lazyAcks);
            await BaselineCommand.ServeAsync(server.Port);
            return 0;
        }
        catch (Exception failed) when (failed is IOException or ModelException)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
    }
}
