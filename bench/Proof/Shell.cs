using System.Diagnostics;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>Runs other programs in the repository's folder.</summary>
static class Shell
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="file">The program.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="stop">Kills the program and its child processes.</param>
    /// <returns>Its standard output.</returns>
    /// <exception cref="LoadException">It failed.</exception>
    public static async Task<string> RunAsync(string file, string[] args, CancellationToken stop)
    {
        var start = new ProcessStartInfo(file, args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = SourceTree.Root,

            // No build server may keep running during the measurements.
            Environment = { ["MSBUILDDISABLENODEREUSE"] = "1", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0", ["UseSharedCompilation"] = "false" },
        };
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
            await process.WaitForExitAsync(stop);
            return process.ExitCode == 0
                ? await output
                : throw new LoadException($"'{file} {string.Join(' ', args)}' failed:\n{Tail(await output)}\n{Tail(await errors)}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    static string Tail(string text) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(20));
}
