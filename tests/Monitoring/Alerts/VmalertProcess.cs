using System.ComponentModel;
using System.Diagnostics;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Alerts;

/// <summary>A real vmalert, of Debian's package <c>victoria-metrics</c>.</summary>
sealed class VmalertProcess : IAsyncDisposable
{
    readonly EngineOutput _output;

    VmalertProcess(EngineOutput output) => _output = output;

    /// <summary>What it logged.</summary>
    public string Log => _output.Errors;

    /// <summary>Starts it.</summary>
    /// <param name="arguments">Its arguments.</param>
    public static VmalertProcess Start(params string[] arguments)
    {
        try
        {
            return new VmalertProcess(new EngineOutput(Process.Start(new ProcessStartInfo("vmalert", ["-loggerLevel=WARN", "-disableAlertgroupLabel", .. arguments])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!));
        }
        catch (Win32Exception)
        {
            Assert.That(Environment.GetEnvironmentVariable("CI"), Is.Null.Or.Empty, "vmalert is not installed: apt-get install victoria-metrics");
            Assert.Inconclusive("vmalert is not installed: apt-get install victoria-metrics");
            throw;
        }
    }

    /// <summary>Waits until it exits; fails if it does so with an error.</summary>
    public async Task EndAsync()
    {
        var result = await _output.EndAsync();
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
    }

    public ValueTask DisposeAsync() => _output.DisposeAsync();
}
