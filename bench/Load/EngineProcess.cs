using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CartRecovery.Bench.Load;

/// <summary>An engine process with the shipped configuration on free ports and a temporary data folder.</summary>
sealed class EngineProcess : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    readonly string _binary;
    readonly string _folder;
    readonly string _config;
    Process? _process;

    /// <summary>Prepares an engine.</summary>
    /// <param name="binary">The executable.</param>
    /// <param name="change">Lines of YAML that replace the configuration's section with the same key and indentation.</param>
    public EngineProcess(string binary, params ReadOnlySpan<string> change)
        : this(binary, campaign: null, change)
    {
    }

    /// <summary>Prepares an engine with an additional campaign.</summary>
    /// <param name="binary">The executable.</param>
    /// <param name="campaign">YAML of a campaign to insert before the shipped ones; <see langword="null"/> for none.</param>
    /// <param name="change">
    /// Lines of YAML that replace the configuration's section with the same key and indentation.
    /// </param>
    /// <exception cref="LoadException">The binary's shipped configuration lacks a key, so something else would be measured.</exception>
    public EngineProcess(string binary, string? campaign, ReadOnlySpan<string> change)
    {
        _binary = Path.GetFullPath(binary);
        if (!File.Exists(_binary))
        {
            throw new LoadException($"{_binary} is missing; build it with: dotnet publish engine/Host -c Release -p:Native=true");
        }

        _folder = Directory.CreateTempSubdirectory("cartrecovery-bench-").FullName;
        var shipped = Path.Combine(Path.GetDirectoryName(_binary)!, "config");
        var text = File.ReadAllText(Path.Combine(shipped, "cartrecovery.yaml"))
            .Replace("http: 127.0.0.1:8080", $"http: 127.0.0.1:{HttpPort}", StringComparison.Ordinal)
            .Replace("stream: 127.0.0.1:8081", $"stream: 127.0.0.1:{StreamPort}", StringComparison.Ordinal)
            .Replace("data: ./data", $"data: {_folder}/data", StringComparison.Ordinal)
            .Replace("model: models/", $"model: {shipped}/models/", StringComparison.Ordinal);
        // No holdout: a withheld popup would count as late.
        text = text.Replace("  holdout: 5 ", "  holdout: 0 ", StringComparison.Ordinal);
        _config = Path.Combine(_folder, "cartrecovery.yaml");
        try
        {
            File.WriteAllText(_config, Change(text, campaign, change));
        }
        catch
        {
            Directory.Delete(_folder, recursive: true);
            throw;
        }
    }

    /// <summary>The HTTP port.</summary>
    public int HttpPort { get; } = FreePort();

    /// <summary>The stream port.</summary>
    public int StreamPort { get; } = FreePort();

    /// <summary>The WebSocket stream's URL.</summary>
    public string Url => $"ws://127.0.0.1:{StreamPort}/v1/stream";

    /// <summary>The stream's address for plain TCP.</summary>
    public string Tcp => $"127.0.0.1:{StreamPort}";

    /// <summary>The metrics' URL.</summary>
    public string Metrics => $"http://127.0.0.1:{HttpPort}/metrics";

    /// <summary>The log since the last start.</summary>
    public string Log => File.ReadAllText(Path.Combine(_folder, "log"));

    /// <summary>What it wrote to standard output since the last start.</summary>
    public string Output => File.ReadAllText(Path.Combine(_folder, "out"));

    /// <summary>The folder of its state.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>CPU time since the start.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes => StatusOf("VmRSS");

    /// <summary>The most resident memory since the start, in bytes.</summary>
    public long PeakBytes => StatusOf("VmHWM");

    /// <summary>Starts the engine and waits until it answers.</summary>
    /// <returns>The start time.</returns>
    public async Task<TimeSpan> StartAsync()
    {
        var watch = Stopwatch.StartNew();
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec '{_binary}' run --config '{_config}' >'{_folder}/out' 2>'{_folder}/log'"]))!;
        using var client = new HttpClient();
        while (true)
        {
            if (_process.HasExited || watch.Elapsed > s_patience)
            {
                throw new LoadException($"the engine did not start:\n{Log}");
            }

            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{HttpPort}/health"));
                return watch.Elapsed;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(5);
            }
        }
    }

    /// <summary>Runs a command of the binary beside the engine, with its configuration.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <returns>Its output.</returns>
    /// <exception cref="LoadException">It failed.</exception>
    public async Task<string> RunAsync(string command, string? input = null)
    {
        using var process = Process.Start(new ProcessStartInfo(_binary, $"{command} --config {_config}")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteLineAsync(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new LoadException($"{command}: {await errors}");
    }

    /// <summary>Stops the engine gracefully.</summary>
    public async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
    }

    /// <summary>Kills the engine.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    long StatusOf(string field)
    {
        var line = File.ReadLines($"/proc/{_process!.Id}/status").First(line => line.StartsWith($"{field}:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(field.Length + 1).TrimEnd("kB "), CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>Changes the text of a configuration.</summary>
    /// <inheritdoc cref="EngineProcess(string, string?, ReadOnlySpan{string})"/>
    internal static string Change(string text, string? campaign, ReadOnlySpan<string> change)
    {
        const string Campaigns = "  campaigns:\n";
        if (campaign is not null && !text.Contains(Campaigns, StringComparison.Ordinal))
        {
            throw new LoadException("the binary's shipped configuration has no campaigns to insert one before");
        }

        text = campaign is null ? text : text.Replace(Campaigns, $"{Campaigns}    - {campaign}\n", StringComparison.Ordinal);
        foreach (var line in change)
        {
            text = Replace(text, line);
        }

        return text;
    }

    // A section is the line with its key and the lines indented below it.
    static string Replace(string text, string line)
    {
        var key = line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)];
        var lines = text.Split('\n').ToList();
        var at = lines.FindIndex(l => l.StartsWith(key, StringComparison.Ordinal));
        if (at < 0)
        {
            throw new LoadException($"the binary's shipped configuration has no '{key.Trim()}' to replace by: {line.Trim()}");
        }

        var indent = line.Length - line.TrimStart(' ').Length;
        var end = lines.FindIndex(at + 1, l => l.Length > 0 && l.Length - l.TrimStart(' ').Length <= indent);
        lines.RemoveRange(at, end - at);
        lines.Insert(at, line);
        return string.Join('\n', lines);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
