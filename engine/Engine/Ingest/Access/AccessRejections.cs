using System.Net;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>
/// Counts and logs rejected keys: one line for each code and address in a minute, at most <see cref="MaxLines"/> of them. A line
/// names the code and the address, never the key. Any thread.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="log">Receives the lines.</param>
public sealed partial class AccessRejections(TimeProvider time, ILogger log)
{
    /// <summary>Maximum number of lines in a minute, besides one for each code about those left out.</summary>
    public const int MaxLines = 32;

    /// <summary>The endpoint requires the operator's key.</summary>
    public static readonly HttpProblem OperatorKeyRequired = new(403, "operator_key_required",
        "A store's key does not open this path. Use listen.metricsKey.");

    /// <summary>A publishable key was sent where only a secret one will do.</summary>
    public static readonly HttpProblem SecretKeyRequired = new(403, "secret_key_required",
        "A publishable key may only send events. Use a secret key.");

    /// <summary>A trusted proxy did not say who the client is.</summary>
    public static readonly HttpProblem InvalidProxyHeader = new(400, "invalid_proxy_header",
        "The connection of a trusted proxy does not begin with a header of the PROXY protocol. Enable it in the proxy, or set listen.proxyProtocol to false.");

    static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    static readonly HttpProblem[] s_problems =
    [
        Authenticator.MissingKey, Authenticator.UnknownKey, Authenticator.LoopbackOnly, Authenticator.ForbiddenOrigin,
        Authenticator.SecretInBrowser, Authenticator.ScopeRequired,
        SecretKeyRequired, OperatorKeyRequired, InvalidProxyHeader,
    ];

    // One more, for a problem that is not among them.
    readonly long[] _counts = new long[s_problems.Length + 1];
    readonly long[] _omitted = new long[s_problems.Length + 1];
    readonly HashSet<(int Code, IPAddress? Address)> _logged = [];
    readonly Lock _gate = new();
    long _windowAt = time.GetTimestamp();

    /// <summary>All codes, and the last for others.</summary>
    public static IReadOnlyList<string> Codes { get; } = [.. s_problems.Select(problem => problem.Code), "other"];

    /// <summary>Returns the number of rejections with a code.</summary>
    public long CountOf(string code) => Volatile.Read(ref _counts[IndexOf(code)]);

    /// <summary>Records a rejection.</summary>
    /// <param name="problem">Why.</param>
    /// <param name="address">The client's address.</param>
    /// <param name="port">The port: <c>http</c> or <c>stream</c>.</param>
    public void Add(HttpProblem problem, IPAddress? address, string port)
    {
        var code = IndexOf(problem.Code);
        Interlocked.Increment(ref _counts[code]);
        lock (_gate)
        {
            if (time.GetElapsedTime(_windowAt) >= s_window)
            {
                BeginWindow();
            }

            if (_logged.Count == MaxLines || !_logged.Add((code, address)))
            {
                _omitted[code]++;
                return;
            }
        }

        LogRejected(problem.Code, address, port);
    }

    void BeginWindow()
    {
        _windowAt = time.GetTimestamp();
        _logged.Clear();
        for (var code = 0; code < _omitted.Length; code++)
        {
            if (_omitted[code] > 0)
            {
                LogOmitted(Codes[code], _omitted[code]);
                _omitted[code] = 0;
            }
        }
    }

    static int IndexOf(string code) =>
        Array.FindIndex(s_problems, problem => problem.Code == code) is >= 0 and var index ? index : s_problems.Length;

    [LoggerMessage(EventName = "key_refused", Level = LogLevel.Warning,
        Message = "Refused a key: {Code}, from {Address} on the {Port} port")]
    partial void LogRejected(string code, IPAddress? address, string port);

    [LoggerMessage(EventName = "keys_refused", Level = LogLevel.Warning, Message = "Refused {Count} more keys since: {Code}")]
    partial void LogOmitted(string code, long count);
}
