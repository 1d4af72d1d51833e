using System.Text.Json;
using CartRecovery.Tests.Plugins;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>
/// The webhook's receiver. Records every key with its body, and by seed answers late, with an error, or not at all, at most twice per key.
/// </summary>
sealed class WebhookRecorder : IAsyncDisposable
{
    const int PatientTries = 2;

    readonly Lock _gate = new();
    readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    readonly List<string> _complaints = [];
    readonly int _seed;
    Receiver _receiver = null!;
    int _life;

    WebhookRecorder(int seed) => _seed = seed;

    public string Url => _receiver.Url;

    /// <summary>The number of complete requests.</summary>
    public int Posts { get; private set; }

    /// <summary>The number of distinct keys received.</summary>
    public int Keys
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Violations found.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_gate)
            {
                return [.. _complaints];
            }
        }
    }

    /// <summary>The accepted interventions, each with its keys, of which there should be one.</summary>
    public ILookup<ExpectedIntervention, string> Accepted
    {
        get
        {
            lock (_gate)
            {
                return _entries.Where(entry => entry.Value.AcceptedIn.Count > 0).ToLookup(entry => entry.Value.What, entry => entry.Key);
            }
        }
    }

    /// <summary>The engine processes in which a post with an already accepted key was accepted, one entry per repetition.</summary>
    public IReadOnlyList<(int First, int Again)> Repeats
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Values.SelectMany(entry => entry.AcceptedIn.Zip(entry.AcceptedIn.Skip(1)))];
            }
        }
    }

    public static async Task<WebhookRecorder> StartAsync(int seed)
    {
        var recorder = new WebhookRecorder(seed);
        recorder._receiver = await Receiver.StartAsync(recorder.AnswerAsync, keep: false);
        return recorder;
    }

    /// <summary>Attributes further posts to the engine's next process.</summary>
    public void NextLife(int life) => Volatile.Write(ref _life, life);

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    async Task AnswerAsync(HttpContext context, Receiver.Post post)
    {
        var life = Volatile.Read(ref _life);
        var mood = Mood(post.Id, Note(post));
        if (mood < 2)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        if (mood < 4)
        {
            context.Abort();
            return;
        }

        if (mood < 14)
        {
            await Task.Delay(mood * 5, context.RequestAborted);
        }

        lock (_gate)
        {
            _entries[post.Id].AcceptedIn.Add(life);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // How often the key was received before.
    int Note(Receiver.Post post)
    {
        lock (_gate)
        {
            Posts++;
            if (!_entries.TryGetValue(post.Id, out var entry))
            {
                _entries[post.Id] = entry = new Entry(post.Body, Read(post.Body));
            }
            else if (entry.Body != post.Body)
            {
                _complaints.Add($"two bodies under the key {post.Id}:\n{entry.Body}\n{post.Body}");
            }

            return entry.Tries++;
        }
    }

    int Mood(string key, int before)
    {
        if (before >= PatientTries)
        {
            return 100;
        }

        // The same key gets the same treatment in every run, unlike with string.GetHashCode.
        var hash = (uint)_seed + (uint)before;
        foreach (var character in key)
        {
            hash = (hash * 16_777_619) ^ character;
        }

        return (int)((hash >> 8) % 100);
    }

    static ExpectedIntervention Read(string body)
    {
        using var document = JsonDocument.Parse(body);
        var data = document.RootElement.GetProperty("data");
        return new ExpectedIntervention(data.GetProperty("campaign").GetString()!, data.GetProperty("cartId").GetString()!,
            data.GetProperty("decidedAt").GetDateTimeOffset().ToUnixTimeMilliseconds());
    }

    sealed class Entry(string body, ExpectedIntervention what)
    {
        public string Body => body;

        public ExpectedIntervention What => what;

        public int Tries { get; set; }

        /// <summary>The engine processes in which it was accepted.</summary>
        public List<int> AcceptedIn { get; } = [];
    }
}
