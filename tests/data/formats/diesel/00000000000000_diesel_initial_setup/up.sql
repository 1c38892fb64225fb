-- This file is diesel's own, and makes what its triggers need.

SELECT 1;
