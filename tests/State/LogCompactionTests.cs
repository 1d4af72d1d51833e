using CartRecovery.Engine.State;

namespace CartRecovery.Tests.State;

public sealed class LogCompactionTests
{
    const long Memory = 1 << 20;
    const int Page = 1 << 15;
    const int MinStep = LogCompaction.MinStep;

    [Test]
    public void A_log_that_fits_in_memory_is_left_alone()
    {
        var compaction = new LogCompaction(Memory, Page);
        Assert.That(compaction.Step(64, Memory - 1, 2 * Memory), Is.Zero);
    }

    [Test]
    public void A_pass_covers_what_was_on_disk_when_it_began()
    {
        var compaction = new LogCompaction(Memory, Page);
        var (begin, head, tail, steps) = (64L, (2 * Memory) + 100, 3 * Memory, 0);
        for (; begin < 2 * Memory; tail += MinStep / 2, steps++)
        {
            var until = compaction.Step(begin, head, tail);
            Assert.That(until - begin, Is.GreaterThanOrEqualTo(Math.Min(MinStep, (2 * Memory) - begin)).And.LessThanOrEqualTo(MinStep));
            compaction.Moved(until - begin, begin = until, tail);
        }

        Assert.That(begin, Is.EqualTo(2 * Memory));
        Assert.That(compaction.Step(begin, head, tail), Is.Zero);
        Assert.That(steps, Is.EqualTo(32));
    }

    [Test]
    public void A_step_waits_for_appended_bytes()
    {
        var compaction = new LogCompaction(Memory, Page);
        var begin = compaction.Step(64, 2 * Memory, 3 * Memory);
        compaction.Moved(begin - 64, begin, 3 * Memory);
        Assert.That(compaction.Step(begin, 2 * Memory, (3 * Memory) + (MinStep / 2) - 1), Is.Zero);
        Assert.That(compaction.Step(begin, 2 * Memory, (3 * Memory) + (MinStep / 2)), Is.EqualTo(begin + MinStep));
    }

    [Test]
    public void What_waited_for_a_checkpoint_is_done_bit_by_bit()
    {
        var compaction = new LogCompaction(Memory, Page);
        var (begin, tail) = (64L, 30 * Memory);
        compaction.Moved(compaction.Step(begin, 20 * Memory, tail) - begin, begin = 64 + MinStep, tail);

        compaction.Wait(tail += 5 * Memory);
        for (var i = 0; i < 10; i++)
        {
            var until = compaction.Step(begin, 20 * Memory, tail);
            Assert.That(until - begin, Is.EqualTo(Memory));
            compaction.Moved(Memory, begin = until, tail);
        }

        Assert.That(compaction.Step(begin, 20 * Memory, tail), Is.Zero);
    }

    [Test]
    public void The_next_pass_waits_until_half_of_the_log_may_be_garbage()
    {
        var compaction = new LogCompaction(Memory, Page);
        var tail = 5 * Memory;
        compaction.Step(0, 4 * Memory, tail);

        // The step copied three quarters.
        compaction.Moved(4 * Memory, 4 * Memory, tail += 3 * Memory);
        Assert.That(compaction.Step(4 * Memory, (10 * Memory) - 1, tail + (2 * Memory)), Is.Zero);
        Assert.That(compaction.Step(4 * Memory, 10 * Memory, tail + (2 * Memory)), Is.Positive);
    }
}
