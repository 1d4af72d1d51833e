using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace CartRecovery.Plugins;

/// <summary>
/// A program that reads lines and writes lines, in a process group of its own. What it writes is read no faster than a program that means
/// well needs, so one that writes without end waits for the engine and not the other way round.
/// </summary>
sealed class ChildProcess : IAsyncDisposable
{
    const string SetSid = "/usr/bin/setsid";
    const int SigKill = 9;
    const int LongestLine = 64 * 1024;
    const int LongestComplaint = 200;

    // What a program gets to end by itself when its input ends.
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    // The pause after each 16 KB of its complaints.
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    readonly Process _process;
    readonly bool _leadsGroup;
    readonly Func<ReadOnlySpan<byte>, bool> _take;
    readonly Action _ended;
    readonly Task _complaints;
    readonly Task _lines;
    volatile string _complaint = "";
    int _killed;
    volatile string? _fault;

    /// <summary>Starts the program.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="take">Takes each line; says whether the program may go on.</param>
    /// <param name="ended">Called once, when the program takes and says nothing more.</param>
    /// <exception cref="Exception">It cannot be started.</exception>
    public ChildProcess(IReadOnlyList<string> command, Func<ReadOnlySpan<byte>, bool> take, Action ended)
    {
        _take = take;
        _ended = ended;
        // It runs the program in its own place, as the leader of a new session: the process that is started is the program.
        _leadsGroup = OperatingSystem.IsLinux() && File.Exists(SetSid);
        var start = new ProcessStartInfo(_leadsGroup ? SetSid : command[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in _leadsGroup ? command : command.Skip(1))
            start.ArgumentList.Add(word);
        _process = Process.Start(start)!;
        _complaints = ReadComplaintsAsync();
        _lines = ReadLinesAsync();
    }

    /// <summary>It runs, and is listened to.</summary>
    public bool IsRunning => _fault is null && !_process.HasExited;

    /// <summary>How it ended.</summary>
    public string Ending
    {
        get
        {
            var how = _fault ?? "the program ended";
            return _complaint.Length > 0 ? $"{how}: {_complaint}" : how;
        }
    }

    /// <summary>Sends bytes to the program; not to be called twice at once.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _process.StandardInput.BaseStream.WriteAsync(bytes, cancellationToken);

    /// <summary>Ends the program and what it started, at once.</summary>
    public void Kill(string reason)
    {
        _fault ??= reason;
        // Once: later the number may be somebody else's.
        if (Interlocked.Exchange(ref _killed, 1) != 0)
            return;
        try
        {
            if (!_leadsGroup || kill(-_process.Id, SigKill) != 0)
                _process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It has ended.
        }
    }

    /// <summary>Ends the program's input, and a second later the program.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.BaseStream.Dispose();
        }
        catch (IOException)
        {
            // It had ended.
        }

        await ExitAsync();
        Kill("the engine ended the program");
        await Task.WhenAll(_lines, _complaints).WaitAsync(Grace * 3).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
    }

    async Task ExitAsync()
    {
        using var patience = new CancellationTokenSource(Grace);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task ReadLinesAsync()
    {
        var stream = _process.StandardOutput.BaseStream;
        var buffer = new byte[LongestLine];
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
                        Kill("the program's answers are none");
                        break;
                    }

                    begin += line + 1;
                }

                buffer.AsSpan(begin, length - begin).CopyTo(buffer);
                length -= begin;
                if (length == buffer.Length)
                    Kill($"the program wrote a line longer than {LongestLine / 1024} KB");
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // As good as the end.
        }

        // Without its output it is of no use. Its last words may still be on their way.
        await ExitAsync();
        await _complaints.WaitAsync(Grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Kill(_process.HasExited ? $"the program ended with code {_process.ExitCode}" : "the program closed its output");
        _ended();
    }

    async Task ReadComplaintsAsync()
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
                        _complaint = line.ToString();
                        line.Clear();
                    }
                    else if (c != '\n' && line.Length < LongestComplaint)
                    {
                        line.Append(c);
                    }
                }

                if (read == buffer.Length)
                    await Task.Delay(Pause);
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // As good as the end.
        }

        if (line.Length > 0)
            _complaint = line.ToString();
    }

#pragma warning disable SYSLIB1054 // What the generator makes of LibraryImport is unsafe code, which this needs none of.
    [DllImport("libc")]
    static extern int kill(int process, int signal);
#pragma warning restore SYSLIB1054
}
