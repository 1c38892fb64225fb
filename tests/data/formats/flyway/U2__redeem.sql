DROP FUNCTION redeem(text);
