using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Unicode;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Primitives.Files;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>
/// Reads a secret from where the file says it is: <c>{ file: PATH }</c>, <c>{ command: [PROGRAM, ARGUMENT, …] }</c>, which prints it, or
/// <c>{ vault: PATH#FIELD }</c>. A final line break is removed. Problems name the source, never the secret.
/// </summary>
/// <param name="folder">The folder that paths and commands are relative to.</param>
/// <param name="environment">Reads an environment variable.</param>
/// <param name="problems">Receives problems.</param>
sealed class SecretSource(string folder, Func<string, string?> environment, ConfigProblems problems) : IDisposable
{
    /// <summary>The keys of a source.</summary>
    public const string File = "file", Command = "command", Vault = "vault";

    const int MaxBytes = 64 * 1024;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly List<SecretOrigin> _origins = [];
    VaultReader? _vault;
    bool _isOpeningVault;

    /// <summary>Returns the configured Vault; it may read its own token from this source.</summary>
    public Func<SecretSource, VaultConfig?> VaultOf { get; init; } = _ => null;

    /// <summary>Where the secrets come from, in the order in which they were read.</summary>
    public IReadOnlyList<SecretOrigin> Origins => [.. _origins.Distinct()];

    /// <summary>Returns whether the item is a source rather than the secret itself.</summary>
    public static bool Is(YamlItem item) => item is YamlMap { Entries: { Count: 1 } entries } && (entries.ContainsKey(File) || entries.ContainsKey(Command) || entries.ContainsKey(Vault));

    /// <summary>Notes that a secret is a text of the file, which may name environment variables.</summary>
    public void Note(YamlText text, string path)
    {
        var names = EnvironmentText.NamesIn(text.Value);
        _origins.Add(new SecretOrigin(path, names.Count == 0 ? "this file" : $"environment {string.Join(", ", names)}"));
    }

    /// <inheritdoc/>
    public void Dispose() => _vault?.Dispose();

    /// <summary>Reads the secret; <see langword="null"/> on failure, which is reported.</summary>
    /// <param name="item">An item that <see cref="Is"/> a source.</param>
    /// <param name="path">The key's path, for problems.</param>
    public string? Read(YamlItem item, string path)
    {
        var (name, (_, value)) = ((YamlMap)item).Entries.Single();
        _origins.Add(new SecretOrigin(path, $"{name} {((value is YamlList { Items: [var program, ..] } ? program : value) as YamlText)?.Value}".TrimEnd()));
        var (secret, problem) = name switch
        {
            File => ReadFile(value),
            Command => ReadCommand(value),
            _ => ReadVault(value),
        };
        if (problem is not null)
        {
            problems.Add(value.At, $"{path}.{name}: {problem}");
        }

        return secret;
    }

    (string? Secret, string? Problem) ReadFile(YamlItem value)
    {
        if (value is not YamlText text)
        {
            return (null, "expected the path of a file");
        }

        if (EnvironmentText.Expand(text, environment, problems) is not { } path)
        {
            return default;
        }

        try
        {
            using var stream = System.IO.File.OpenRead(RegularFile.Check(Path.GetFullPath(path, folder)));
            return Take(stream, CancellationToken.None).GetAwaiter().GetResult() is { } bytes ? Checked(bytes, "the file") : (null, TooLong("the file"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Who sets it over the API must not learn from the cause what is on the machine.
            return (null, text.At.Setting is null ? $"the file cannot be read: {e.Message}" : "the file cannot be read");
        }
    }

    (string? Secret, string? Problem) ReadVault(YamlItem value)
    {
        if (value is not YamlText text)
        {
            return (null, "expected PATH#FIELD, such as shop/mail#password");
        }

        if (EnvironmentText.Expand(text, environment, problems) is not { } source)
        {
            return default;
        }

        if (_vault is null)
        {
            if (_isOpeningVault)
            {
                return (null, "Vault's own token cannot come from Vault");
            }

            _isOpeningVault = true;
            _vault = VaultOf(this) is { } config ? new VaultReader(config) : null;
            _isOpeningVault = false;
        }

        return _vault is null ? (null, "secrets.vault is not set: say where Vault is") : _vault.Read(source) is var (secret, problem) && secret is null ? (null, problem)
            : secret.Length == 0 ? (null, "Vault's secret is empty") : (secret, null);
    }

    (string? Secret, string? Problem) ReadCommand(YamlItem value)
    {
        if (value is not YamlList { Items: { Count: > 0 } items } || !items.TrueForAll(item => item is YamlText))
        {
            return (null, "expected a list of the program and its arguments");
        }

        var words = items.ConvertAll(item => EnvironmentText.Expand((YamlText)item, environment, problems));
        return words.Contains(null) ? default : RunAsync(words[0]!, [.. words.Skip(1).OfType<string>()]).GetAwaiter().GetResult();
    }

    // No shell: the words are what the program gets.
    async Task<(string? Secret, string? Problem)> RunAsync(string program, string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program.Contains('/') ? Path.GetFullPath(program, folder) : program, arguments)
            {
                WorkingDirectory = folder,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            },
        };
        using var deadline = new CancellationTokenSource(s_patience);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return (null, $"the command cannot be started: {e.Message}");
        }

        try
        {
            process.StandardInput.Close();
            var bytes = await Take(process.StandardOutput.BaseStream, deadline.Token);
            if (bytes is null)
            {
                process.Kill(entireProcessTree: true);
                return (null, TooLong("the command's output"));
            }

            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode == 0 ? Checked(bytes, "the command's output") : (null, $"the command ended with exit code {process.ExitCode}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (null, $"the command did not end within {s_patience.TotalSeconds} s");
        }
    }

    // Null if there is more than the limit.
    static async Task<byte[]?> Take(Stream stream, CancellationToken cancellationToken)
    {
        var bytes = new byte[MaxBytes + 1];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return length > MaxBytes ? null : bytes[..length];
    }

    static string TooLong(string what) => $"{what} is longer than {MaxBytes / 1024} KB";

    static (string? Secret, string? Problem) Checked(byte[] bytes, string what)
    {
        if (!Utf8.IsValid(bytes))
        {
            return (null, $"{what} is not UTF-8");
        }

        var text = Encoding.UTF8.GetString(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes);
        text = text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
        return text.Length == 0 ? (null, $"{what} is empty") : (text, null);
    }
}
