-- The columns of a set of findings with what is newly said of some vulnerabilities in place of what it said of them: `touched`
-- ascending, and of each the new status, priority and fixability, or no status where it is no longer found. Here and not in
-- the program, because an advisory changes one of some hundred findings in a hundred thousand sets.
CREATE OR REPLACE FUNCTION findings_with(
  INOUT vulnerability integer[], INOUT status smallint[], INOUT priority smallint[], INOUT fixable boolean[],
  touched integer[], new_status smallint[], new_priority smallint[], new_fixable boolean[]
) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  upto integer;
  next integer;
BEGIN
  FOR i IN 1 .. cardinality(touched) LOOP
    -- How many numbers are not greater; of a sorted array that is found by halving.
    upto := width_bucket(touched[i], vulnerability);
    next := upto + 1;
    IF vulnerability[upto] = touched[i] THEN upto := upto - 1; END IF;
    IF new_status[i] IS NULL THEN
      vulnerability := vulnerability[:upto] || vulnerability[next:];
      status := status[:upto] || status[next:];
      priority := priority[:upto] || priority[next:];
      fixable := fixable[:upto] || fixable[next:];
    ELSE
      vulnerability := vulnerability[:upto] || touched[i] || vulnerability[next:];
      status := status[:upto] || new_status[i] || status[next:];
      priority := priority[:upto] || new_priority[i] || priority[next:];
      fixable := fixable[:upto] || new_fixable[i] || fixable[next:];
    END IF;
  END LOOP;
END $$;
