using System.Collections.Concurrent;
using NUnit.Framework.Interfaces;

namespace CartRecovery.Tests.Support;

/// <summary>Ends the run if a test, or a fixture's set-up or tear-down, hangs: the message names what was running, where a silent run would be cut off.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class HangGuardAttribute : Attribute, ITestAction
{
    // Several times what the longest test takes on a busy machine.
    static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);

    static readonly ConcurrentDictionary<string, long> s_running = new(StringComparer.Ordinal);
    static readonly Timer s_timer = new(_ => Check(), state: null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
    static long s_last = TimeProvider.System.GetTimestamp();

    /// <inheritdoc/>
    public ActionTargets Targets => ActionTargets.Test | ActionTargets.Suite;

    /// <inheritdoc/>
    public void BeforeTest(ITest test)
    {
        s_last = TimeProvider.System.GetTimestamp();
        if (!test.IsSuite)
        {
            s_running[test.FullName] = s_last;
        }
    }

    /// <inheritdoc/>
    public void AfterTest(ITest test)
    {
        s_last = TimeProvider.System.GetTimestamp();
        s_running.TryRemove(test.FullName, out _);
    }

    /// <summary>Tells that the running test makes progress: for a test that takes as long as asked.</summary>
    public static void ReportProgress() => s_running[TestContext.CurrentContext.Test.FullName] = TimeProvider.System.GetTimestamp();

    static void Check()
    {
        GC.KeepAlive(s_timer);
        var time = TimeProvider.System;
        var hanging = s_running.Where(test => time.GetElapsedTime(test.Value) > s_limit).Select(test => test.Key).ToArray();
        if (hanging.Length > 0)
        {
            Environment.FailFast($"Tests hang: {string.Join(", ", hanging)}");
        }
        else if (s_running.IsEmpty && time.GetElapsedTime(s_last) > s_limit)
        {
            Environment.FailFast($"No test has begun or ended for {s_limit.TotalMinutes} minutes: a fixture's set-up or tear-down hangs.");
        }
    }
}
