using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace CartRecovery.Tests.Support;

/// <summary>The executable under test: <c>CARTRECOVERY_BINARY</c>, or this build's.</summary>
static class EngineBinary
{
    public const string Variable = "CARTRECOVERY_BINARY";

    /// <summary>The deadline of every wait in these tests.</summary>
    public static readonly TimeSpan Deadline = Eventually.Deadline;

    public static string Path { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
        ? System.IO.Path.GetFullPath(named, Repository.Root)
        : System.IO.Path.Combine(Repository.Root, "artifacts", "bin", "Host",
            new DirectoryInfo(AppContext.BaseDirectory).Name, "cartrecovery");

    /// <summary>Runs it to completion.</summary>
    public static async Task<ProcessResult> RunAsync(string folder, string[] arguments, params (string Name, string Value)[] environment)
    {
        await using var process = new EngineOutput(Start(folder, arguments, environment));
        return await process.EndAsync();
    }

    public static Process Start(string folder, string[] arguments, params (string Name, string Value)[] environment) =>
        StartThrough([], folder, arguments, environment);

    /// <summary>Starts it through another program, which receives its command line as arguments.</summary>
    public static Process StartThrough(string[] wrapper, string folder, string[] arguments, params (string Name, string Value)[] environment)
    {
        string[] command = [.. wrapper, Path, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        // Files it leaves behind end up in a folder that the test checks and deletes.
        start.Environment["HOME"] = start.Environment["TMPDIR"] = folder;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new InvalidOperationException($"{Path} cannot be started; {Variable} names another binary.", error);
        }
    }
}

/// <summary>A completed process's exit code and output.</summary>
sealed record ProcessResult(int ExitCode, string Output, string Errors)
{
    public override string ToString() => $"exit code {ExitCode}\n--- standard output\n{Output}--- standard error\n{Errors}";
}

/// <summary>A process and its output so far. Killed on disposal if still running.</summary>
sealed class EngineOutput : IAsyncDisposable
{
    readonly Process _process;
    readonly StringBuilder _output = new();
    readonly StringBuilder _errors = new();

    public EngineOutput(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Text => Read(_output);

    /// <summary>Its standard error so far.</summary>
    public string Errors => Read(_errors);

    public bool HasEnded => _process.HasExited;

    /// <summary>Sends SIGTERM, like an operator or a container runtime.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>Sends a signal.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Sends SIGKILL.</summary>
    public Task<ProcessResult> KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        return EndAsync();
    }

    public async Task<ProcessResult> EndAsync()
    {
        using var deadline = new CancellationTokenSource(EngineBinary.Deadline);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The process did not end within {EngineBinary.Deadline.TotalSeconds} s.\n{Read(_output)}{Read(_errors)}");
        }

        return new ProcessResult(_process.ExitCode, Read(_output), Read(_errors));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await EndAsync();
        }

        _process.Dispose();
    }

    static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            if (line is not null)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
