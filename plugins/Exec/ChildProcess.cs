using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace CartRecovery.Plugins;

/// <summary>
/// A program that reads and writes lines, in its own process group. Its output is read at a limited rate, so that a program that writes
/// endlessly is blocked instead of keeping the engine busy.
/// </summary>
sealed class ChildProcess : IAsyncDisposable
{
    const string SetSid = "/usr/bin/setsid";
    const int SigKill = 9;
    const int MaxLineLength = 64 * 1024;
    const int MaxErrorLength = 200;

    // The time a program has to exit after its input ends.
    static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    // The pause after each 16 KB of standard error.
    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    readonly Process _process;
    readonly bool _leadsGroup;
    readonly Func<ReadOnlySpan<byte>, bool> _take;
    readonly Action _ended;
    readonly Task _errorReader;
    readonly Task _lines;
    volatile string _errorText = "";
    int _killed;
    volatile string? _fault;

    /// <summary>Starts the program.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="take">Receives each line; returns <see langword="false"/> to end the program.</param>
    /// <param name="ended">Called once, when the program no longer reads or writes.</param>
    /// <exception cref="Exception">The program cannot be started.</exception>
    public ChildProcess(IReadOnlyList<string> command, Func<ReadOnlySpan<byte>, bool> take, Action ended)
    {
        _take = take;
        _ended = ended;
        // setsid replaces itself with the program, as the leader of a new session, so the process id is the program's.
        _leadsGroup = OperatingSystem.IsLinux() && File.Exists(SetSid);
        var start = new ProcessStartInfo(_leadsGroup ? SetSid : command[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in _leadsGroup ? command : command.Skip(1))
        {
            start.ArgumentList.Add(word);
        }

        _process = Process.Start(start)!;
        _errorReader = ReadErrorsAsync();
        _lines = ReadLinesAsync();
    }

    /// <summary>Whether it runs and its output is being read.</summary>
    public bool IsRunning => _fault is null && !_process.HasExited;

    /// <summary>Why it ended.</summary>
    public string Ending
    {
        get
        {
            var how = _fault ?? "the program ended";
            return _errorText.Length > 0 ? $"{how}: {_errorText}" : how;
        }
    }

    /// <summary>Sends bytes to the program. One call at a time.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _process.StandardInput.BaseStream.WriteAsync(bytes, cancellationToken);

    /// <summary>Kills the program and its child processes.</summary>
    public void Kill(string reason)
    {
        _fault ??= reason;
        // Once: afterwards the id may belong to another process.
        if (Interlocked.Exchange(ref _killed, 1) != 0)
        {
            return;
        }

        try
        {
            if (!_leadsGroup || kill(-_process.Id, SigKill) != 0)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // Already exited.
        }
    }

    /// <summary>Closes the program's input, and kills it if it has not exited within a second.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.BaseStream.Dispose();
        }
        catch (IOException)
        {
            // Already exited.
        }

        await ExitAsync();
        Kill("the engine ended the program");
        await Task.WhenAll(_lines, _errorReader).WaitAsync(s_grace * 3).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
    }

    async Task ExitAsync()
    {
        using var patience = new CancellationTokenSource(s_grace);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task ReadLinesAsync()
    {
        var stream = _process.StandardOutput.BaseStream;
        var buffer = new byte[MaxLineLength];
        var length = 0;
        try
        {
            int read;
            while (_fault is null && (read = await stream.ReadAsync(buffer.AsMemory(length))) > 0)
            {
                length += read;
                var begin = 0;
                while (buffer.AsSpan(begin, length - begin).IndexOf((byte)'\n') is >= 0 and var line)
                {
                    if (!_take(buffer.AsSpan(begin, line)))
                    {
                        Kill("the program keeps writing lines that are not answers");
                        break;
                    }

                    begin += line + 1;
                }

                buffer.AsSpan(begin, length - begin).CopyTo(buffer);
                length -= begin;
                if (length == buffer.Length)
                {
                    Kill($"the program wrote a line longer than {MaxLineLength / 1024} KB");
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Equivalent to end of file.
        }

        // A program without output is useless. Its last lines on standard error may still be in the pipe.
        await ExitAsync();
        await _errorReader.WaitAsync(s_grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Kill(_process.HasExited ? $"the program ended with code {_process.ExitCode}" : "the program closed its output");
        _ended();
    }

    async Task ReadErrorsAsync()
    {
        var stream = _process.StandardError.BaseStream;
        var buffer = new byte[16 * 1024];
        var line = new StringBuilder();
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                foreach (var c in Encoding.UTF8.GetString(buffer.AsSpan(0, read)))
                {
                    if (c == '\n' && line.Length > 0)
                    {
                        _errorText = line.ToString();
                        line.Clear();
                    }
                    else if (c != '\n' && line.Length < MaxErrorLength)
                    {
                        line.Append(c);
                    }
                }

                if (read == buffer.Length)
                {
                    await Task.Delay(s_pause);
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Equivalent to end of file.
        }

        if (line.Length > 0)
        {
            _errorText = line.ToString();
        }
    }

#pragma warning disable SYSLIB1054 // LibraryImport would generate unsafe code, which this signature does not need.
    [DllImport("libc")]
    static extern int kill(int process, int signal);
#pragma warning restore SYSLIB1054
}
