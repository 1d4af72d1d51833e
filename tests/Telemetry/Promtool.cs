using System.ComponentModel;
using System.Diagnostics;

namespace CartRecovery.Tests.Telemetry;

/// <summary>Runs promtool, the Prometheus checker.</summary>
static class Promtool
{
    const string Missing = "promtool is not installed: apt-get install prometheus.";

    /// <summary>
    /// Fails the test unless promtool exits with 0. Without promtool the test is inconclusive, or fails under continuous integration (the
    /// variable CI).
    /// </summary>
    public static void Passes(string[] arguments, string input = "", string workingDirectory = "")
    {
        var start = new ProcessStartInfo("promtool", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory,
        };
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (Win32Exception)
        {
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            {
                Assert.Fail(Missing);
            }

            Assume.That(process, Is.Not.Null, Missing);
        }

        using (process)
        {
            var errors = process!.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero, () => $"promtool {string.Join(' ', arguments)}:\n{output.Result}{errors.Result}");
        }
    }
}
